/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "bench_machine.h"
#include "compare_expand.h"

/* Copy one word. @return behind it; NULL: a quote is not closed */
static const char *
take_word(const char *in, char *out)
{
	char quote = 0;

	for (; *in != '\0'; in++) {
		if (quote == 0 && isspace((unsigned char)*in))
			break;
		if (*in == quote)
			quote = 0;
		else if (quote == 0 && (*in == '"' || *in == '\''))
			quote = *in;
		else if (*in == '\\' && quote != '\'' && in[1] != '\0')
			*out++ = *++in;
		else
			*out++ = *in;
	}
	*out = '\0';
	return quote == 0 ? in : NULL;
}

int
compare_words(const char *text, char ***words, struct compare_error *err)
{
	char **list = calloc(COMPARE_MAX_WORDS + 1, sizeof(*list));
	char *room = malloc(strlen(text) + 1);
	const char *in = text;
	unsigned int n = 0;
	int rc = list == NULL || room == NULL ? -ENOMEM : 0;

	while (rc == 0 && in[strspn(in, " \t\n")] != '\0') {
		in = take_word(in + strspn(in, " \t\n"), room);
		if (in == NULL)
			rc = compare_fail(err, -EINVAL, "a quote is not closed in: %s", text);
		else if (n == COMPARE_MAX_WORDS)
			rc = compare_fail(err, -EINVAL, "more than %d words: %.60s...",
					  COMPARE_MAX_WORDS, text);
		else if ((list[n++] = strdup(room)) == NULL)
			rc = -ENOMEM;
	}
	free(room);
	if (rc == -ENOMEM)
		compare_fail(err, rc, "out of memory");
	if (rc != 0) {
		compare_words_free(list);
		list = NULL;
	}
	*words = list;
	return rc;
}

void
compare_words_free(char **words)
{
	for (char **w = words; w != NULL && *w != NULL; w++)
		free(*w);
	free(words);
}

char *
compare_words_line(char *const *words)
{
	size_t size = 1;
	char *line;
	int n;

	/* at worst each character is quoted by four */
	for (n = 0; words[n] != NULL; n++)
		size += 4 * strlen(words[n]) + 3;
	line = malloc(size);
	if (line != NULL)
		bench_command_line(n, words, line, size);
	return line;
}
