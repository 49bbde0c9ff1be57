/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */

/* Device classes: registry, inheritance, what the seal refuses, names, help text. */

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "ops_fixture.h"

static uint16_t
one_queue(__rte_unused const struct foo_device *dev)
{
	return 1;
}

static uint64_t
no_features(__rte_unused const struct foo_device *dev)
{
	return 0;
}

static unsigned int
poll_a(__rte_unused struct foo_queue *q)
{
	return 1;
}

static unsigned int
poll_b(__rte_unused struct foo_queue *q)
{
	return 2;
}

static int
init_a(__rte_unused struct foo_device *dev)
{
	return 0;
}

struct toy {
	struct foo_device dev;
	uint32_t legs;
	uint32_t colour;
	bool loud;
};

static const char *const colours[] = {"red", "green", NULL};

static const struct foo_prop toy_props[] = {
	FOO_PROP_UINT("legs", struct toy, legs, "4", 0, 8, "number of legs"),
	FOO_PROP_ENUM("colour", struct toy, colour, "red", colours, "paint"),
	FOO_PROP_END,
};

static const struct foo_prop toy_dog_props[] = {
	FOO_PROP_UINT("legs", struct toy, legs, "4", 3, 4, "number of legs of a dog"),
	FOO_PROP_BOOL("loud", struct toy, loud, "0", "bark"),
	FOO_PROP_REFUSED("wings", "dogs do not fly"),
	FOO_PROP_IGNORED("tail", "always there"),
	FOO_PROP_END,
};

/* Fresh classes for each test: the seal writes to them. */
static struct foo_class toy, dog, cat;

static int
setup(__rte_unused void **state)
{
	toy = (struct foo_class){
		.name = "toy",
		.parent = "virtio",
		.help = "thing",
		.abstract = true,
		.virtio_id = 60,
		.config_size = 12,
		.instance_size = sizeof(struct toy),
		.props = toy_props,
		.ops = {.instance_init = init_a, .num_queues = one_queue, .poll = poll_a}};
	dog = (struct foo_class){.name = "toy_dog",
				 .parent = "toy",
				 .help = "four-legged thing",
				 .props = toy_dog_props,
				 .ops = {.features = no_features, .poll = poll_b}};
	cat = (struct foo_class){.name = "toy_cat",
				 .parent = "toy",
				 .help = "sleeping thing",
				 .ops = {.features = no_features}};
	/* children first: constructors run in any order */
	foo_class_register(&dog);
	foo_class_register(&cat);
	foo_class_register(&toy);
	return 0;
}

static int
teardown(__rte_unused void **state)
{
	foo_class_unregister(&dog);
	foo_class_unregister(&cat);
	foo_class_unregister(&toy);
	return 0;
}

static void
seal_ok(void)
{
	struct foo_error err = {""};

	assert_int_equal(foo_class_seal(&err), 0);
	assert_string_equal(err.text, "");
}

static void
seal_refused(const char *text)
{
	struct foo_error err = {""};

	assert_int_equal(foo_class_seal(&err), -EINVAL);
	assert_string_equal(err.text, text);
	assert_int_equal(foo_class_seal(NULL), -EINVAL);
}

static void
test_inheritance(__rte_unused void **state)
{
	const struct foo_class *root;

	seal_ok();
	root = foo_class_find("virtio");
	assert_ptr_equal(dog.super, &toy);
	assert_ptr_equal(toy.super, root);
	assert_null(root->super);
	assert_ptr_equal(dog.ops.num_queues, one_queue); /* inherited */
	assert_ptr_equal(dog.ops.poll, poll_b);          /* overridden */
	assert_ptr_equal(cat.ops.poll, poll_a);
	assert_ptr_equal(foo_class_parent_ops(&dog)->poll, poll_a);
	assert_non_null(dog.ops.queue_stop); /* the root's */
	assert_ptr_equal(dog.ops.queue_stop, root->ops.queue_stop);
	assert_null(dog.ops.instance_init); /* each class runs its own */
	assert_null(dog.ops.realize);
	assert_int_equal(dog.virtio_id, 60);
	assert_int_equal(dog.config_size, 12);
	assert_int_equal(dog.instance_size, sizeof(struct toy));
	assert_false(dog.abstract);
}

static void
test_seal_again_with_plugin(__rte_unused void **state)
{
	struct foo_class puppy = {.name = "toy_dog_puppy", .parent = "toy_dog", .help = "small"};

	seal_ok();
	assert_null(foo_class_find("toy_dog_puppy"));
	foo_class_register(&puppy);
	foo_class_register(&puppy); /* twice is once */
	seal_ok();
	assert_ptr_equal(foo_class_find("toy_dog_puppy"), &puppy);
	assert_ptr_equal(puppy.ops.poll, poll_b);
	assert_ptr_equal(foo_class_of_device("toy_dog_puppy0"), &puppy);
	foo_class_unregister(&puppy);
	assert_null(foo_class_find("toy_dog_puppy"));
	seal_ok();
}

static void
test_names(__rte_unused void **state)
{
	seal_ok();
	assert_ptr_equal(foo_class_of_device("toy_dog0"), &dog);
	assert_ptr_equal(foo_class_of_device("toy_dog123"), &dog);
	assert_null(foo_class_of_device("toy_dog"));
	assert_null(foo_class_of_device("toy_dog0x"));
	assert_null(foo_class_of_device("toy_do0"));
	assert_null(foo_class_of_device("toy0")); /* abstract */
	assert_null(foo_class_of_device(""));
	assert_true(foo_class_is_a(&dog, "toy_dog"));
	assert_true(foo_class_is_a(&dog, "toy"));
	assert_true(foo_class_is_a(&dog, "virtio"));
	assert_false(foo_class_is_a(&dog, "toy_cat"));
	assert_false(foo_class_is_a(&toy, "toy_dog"));
}

static void
test_longest_name_wins(__rte_unused void **state)
{
	struct foo_class dog2 = {.name = "toy_dog2", .parent = "toy_dog", .help = "second"};

	foo_class_register(&dog2);
	seal_ok();
	assert_ptr_equal(foo_class_of_device("toy_dog20"), &dog2);
	assert_ptr_equal(foo_class_of_device("toy_dog2"), &dog);
	assert_ptr_equal(foo_class_of_device("toy_dog10"), &dog);
	foo_class_unregister(&dog2);
}

static void
test_props_of_class(__rte_unused void **state)
{
	seal_ok();
	assert_ptr_equal(foo_class_prop(&dog, "legs"), &toy_dog_props[0]);
	assert_ptr_equal(foo_class_prop(&cat, "legs"), &toy_props[0]);
	assert_non_null(foo_class_prop(&cat, "iface"));
	assert_null(foo_class_prop(&cat, "loud"));
	assert_null(foo_class_prop(&cat, ""));
}

static void
test_refused_relations(__rte_unused void **state)
{
	dog.parent = "toi";
	seal_refused("class toy_dog: its parent toi is not registered, but there is toy");
	dog.parent = "furniture";
	seal_refused("class toy_dog: its parent furniture is not registered");
	dog.parent = NULL;
	seal_refused("class toy_dog has no parent; only virtio may");
	dog.parent = "toy_dog";
	seal_refused("class toy_dog is its own ancestor");
	dog.parent = "toy";
	toy.parent = "toy_dog";
	seal_refused("class toy is its own ancestor");
	toy.parent = "toy_cat";
	seal_refused("class toy is its own ancestor");
	toy.parent = "virtio";
	seal_ok();
	cat.name = "toy_dog";
	seal_refused("two device classes are named toy_dog");
}

static void
test_refused_contents(__rte_unused void **state)
{
	cat.ops.features = NULL;
	seal_refused("class toy_cat lacks the operation features (or is abstract)");
	cat.abstract = true;
	seal_ok();
	cat.ops.features = no_features;
	cat.abstract = false;
	dog.instance_size = sizeof(struct toy) - 1;
	seal_refused("class toy_dog: its instance is smaller than that of its parent toy");
	dog.instance_size = 0;
	dog.help = NULL;
	seal_refused("class toy_dog has no help");
}

static void
test_missing_ops(__rte_unused void **state)
{
	struct foo_class bare = {.name = "bare", .parent = "virtio", .help = "nothing"};

	foo_class_register(&bare);
	seal_refused("class bare lacks the operation num_queues (or is abstract)");
	bare.ops.num_queues = one_queue;
	seal_refused("class bare lacks the operation features (or is abstract)");
	bare.ops.features = no_features;
	seal_refused("class bare lacks the operation poll (or is abstract)");
	bare.ops.poll = poll_a;
	seal_ok();
	foo_class_unregister(&bare);
}

static void
refused_prop(struct foo_prop prop, const char *text)
{
	const struct foo_prop table[] = {prop, FOO_PROP_END};

	dog.props = table;
	seal_refused(text);
	dog.props = NULL;
	seal_ok();
}

static void
test_refused_props(__rte_unused void **state)
{
	refused_prop((struct foo_prop)FOO_PROP_UINT("x", struct toy, legs, "9", 0, 8, "x"),
		     "class toy_dog: property x: its default does not fit: "
		     "x=9: must be a number from 0 to 8");
	refused_prop((struct foo_prop)FOO_PROP_UINT("x", struct toy, legs, "9", 10, 8, "x"),
		     "class toy_dog: property x: min is above max");
	refused_prop((struct foo_prop)FOO_PROP_UINT("x", struct toy, legs, "9", 0, 1ULL << 32, "x"),
		     "class toy_dog: property x: max does not fit its member");
	refused_prop((struct foo_prop)FOO_PROP_ENUM("x", struct toy, colour, "red", NULL, "x"),
		     "class toy_dog: property x: enum without values");
	refused_prop((struct foo_prop)FOO_PROP_BOOL("x", struct toy, loud, "0", NULL),
		     "class toy_dog: property x has no help");
	refused_prop((struct foo_prop)FOO_PROP_BOOL("legs", struct toy, loud, "0", "x"),
		     "class toy_dog: property legs overrides one of another type or member");
	refused_prop((struct foo_prop)FOO_PROP_UINT("legs", struct toy, colour, "4", 0, 8, "x"),
		     "class toy_dog: property legs overrides one of another type or member");
}

static void
test_refuse_an_inherited_prop(__rte_unused void **state)
{
	static const struct foo_prop table[] = {FOO_PROP_REFUSED("legs", "it lies down"),
						FOO_PROP_END};
	struct foo_error err = {""};
	struct toy inst = {0};

	cat.props = table;
	seal_ok();
	assert_int_equal(foo_props_parse(&cat, &inst, "iface=/x,legs=4", &err), -ENOTSUP);
	assert_string_equal(err.text, "legs is not supported: it lies down");
	foo_props_free(&cat, &inst);
}

static char *
captured(void (*print)(FILE *, const struct foo_class *), const struct foo_class *cls)
{
	size_t size;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);

	print(out, cls);
	fclose(out);
	return text;
}

static void
print_tree(FILE *out, __rte_unused const struct foo_class *cls)
{
	foo_class_print_tree(out);
}

static void
test_tree(__rte_unused void **state)
{
	char *text;

	seal_ok();
	text = captured(print_tree, NULL);
	assert_string_equal(text,
			    "virtio       VirtIO device behind a vhost-user socket (abstract)\n"
			    "  fake       device of the tests (VirtIO device type 42)\n"
			    "  toy        thing (VirtIO device type 60, abstract)\n"
			    "    toy_cat  sleeping thing\n"
			    "    toy_dog  four-legged thing\n");
	free(text);
}

static void
test_help(__rte_unused void **state)
{
	char *text;

	seal_ok();
	text = captured(foo_class_print_help, &dog);
	assert_string_equal(
		text,
		"toy_dog: four-legged thing\n"
		"Usage: --vdev toy_dog<N>,key=value,...\n"
		"\n"
		"Properties of toy_dog:\n"
		"  legs=<3..4>         number of legs of a dog (default 4)\n"
		"  loud=<0|1>          bark (default 0)\n"
		"  wings               dogs do not fly (not supported)\n"
		"  tail                always there (accepted, no effect)\n"
		"\n"
		"Inherited from toy:\n"
		"  colour=<red|green>  paint (default red)\n"
		"\n"
		"Inherited from virtio:\n"
		"  iface=<path>        path of the vhost-user socket (required)\n"
		"  client=<0|1>        connect to the socket, and again when it goes away, "
		"instead of listening (default 0)\n"
		"  mode=<octal>        file mode of the socket that is listened on (default 0660)\n"
		"  owner=<text>        user[:group] that owns the socket that is listened on\n");
	free(text);
	text = captured(foo_class_print_help, &toy);
	assert_non_null(strstr(text, "toy: thing (abstract)\n"));
	assert_null(strstr(text, "Usage"));
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
		TEST(test_inheritance),
		TEST(test_seal_again_with_plugin),
		TEST(test_names),
		TEST(test_longest_name_wins),
		TEST(test_props_of_class),
		TEST(test_refused_relations),
		TEST(test_refused_contents),
		TEST(test_missing_ops),
		TEST(test_refused_props),
		TEST(test_refuse_an_inherited_prop),
		TEST(test_tree),
		TEST(test_help),
	};

	return cmocka_run_group_tests_name("ops_class", tests, NULL, NULL);
}
