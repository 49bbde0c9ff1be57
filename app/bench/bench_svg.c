/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench_file.h"
#include "bench_svg.h"

#define SVG_SANS "DejaVu Sans, Verdana, Helvetica, Arial, sans-serif"
#define SVG_MONO "DejaVu Sans Mono, Consolas, Menlo, monospace"

int
bench_svg_begin(struct bench_svg *svg, double width, double height)
{
	svg->out = open_memstream(&svg->data, &svg->size);
	if (svg->out == NULL)
		return -ENOMEM;
	fprintf(svg->out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
		"viewBox=\"0 0 %.0f %.0f\" font-family=\"" SVG_SANS "\">\n"
		"<rect width=\"%.0f\" height=\"%.0f\" fill=\"#ffffff\"/>\n",
		width, height, width, height, width, height);
	return 0;
}

int
bench_svg_finish(struct bench_svg *svg, const char *path)
{
	int ret = 0;

	fputs("</svg>\n", svg->out);
	if (ferror(svg->out))
		ret = -ENOMEM;
	if (fclose(svg->out) != 0)
		ret = -ENOMEM;
	if (ret == 0)
		ret = bench_file_write(path, svg->data, svg->size);
	free(svg->data);
	return ret;
}

/* Bytes of the UTF-8 character at text; 0: it is none. */
static unsigned int
svg_character(const unsigned char *text)
{
	unsigned int n = text[0] < 0x80                    ? 1 :
			 text[0] >= 0xc2 && text[0] < 0xe0 ? 2 :
			 text[0] >= 0xe0 && text[0] < 0xf0 ? 3 :
			 text[0] >= 0xf0 && text[0] < 0xf5 ? 4 :
							     0;

	for (unsigned int i = 1; i < n; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

static void
svg_escape(FILE *out, const char *text)
{
	const unsigned char *c = (const unsigned char *)text;

	while (*c != '\0') {
		unsigned int n = svg_character(c);

		if (*c == '&')
			fputs("&amp;", out);
		else if (*c == '<')
			fputs("&lt;", out);
		else if (*c == '>')
			fputs("&gt;", out);
		else if (n == 0 || *c < 0x20)
			fputc('?', out);
		else
			fwrite(c, 1, n, out);
		c += n == 0 ? 1 : n;
	}
}

void
bench_svg_text(struct bench_svg *svg, const struct bench_svg_style *s, const char *text)
{
	fprintf(svg->out, "<text x=\"%.1f\" y=\"%.1f\" font-size=\"%.1f\" fill=\"%s\"", s->x, s->y,
		s->size, s->colour != NULL ? s->colour : "#111111");
	if (s->anchor != NULL)
		fprintf(svg->out, " text-anchor=\"%s\"", s->anchor);
	if (s->bold)
		fputs(" font-weight=\"bold\"", svg->out);
	if (s->mono)
		fputs(" font-family=\"" SVG_MONO "\" xml:space=\"preserve\"", svg->out);
	if (s->upright)
		fprintf(svg->out, " transform=\"rotate(-90 %.1f %.1f)\"", s->x, s->y);
	fputc('>', svg->out);
	svg_escape(svg->out, text);
	fputs("</text>\n", svg->out);
}

static void
svg_stroke(struct bench_svg *svg, const char *colour, double width, const char *dash)
{
	fprintf(svg->out, " stroke=\"%s\" stroke-width=\"%.1f\"", colour, width);
	if (dash != NULL)
		fprintf(svg->out, " stroke-dasharray=\"%s\"", dash);
	fputs("/>\n", svg->out);
}

void
bench_svg_line(struct bench_svg *svg, double x1, double y1, double x2, double y2,
	       const char *colour, double width, const char *dash)
{
	fprintf(svg->out, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"", x1, y1, x2, y2);
	svg_stroke(svg, colour, width, dash);
}

void
bench_svg_polyline(struct bench_svg *svg, const double *x, const double *y, unsigned int n,
		   const char *colour, double width, const char *dash)
{
	fputs("<polyline fill=\"none\" stroke-linejoin=\"round\" points=\"", svg->out);
	for (unsigned int i = 0; i < n; i++)
		fprintf(svg->out, "%s%.1f,%.1f", i > 0 ? " " : "", x[i], y[i]);
	fputc('"', svg->out);
	svg_stroke(svg, colour, width, dash);
}

void
bench_svg_marker(struct bench_svg *svg, unsigned int shape, double x, double y, const char *colour)
{
	/* paths around the origin; the last four are hollow */
	static const char *const path[] = {
		"M-4,0 A4,4 0 1 0 4,0 A4,4 0 1 0 -4,0 Z",
		"M-3.7,-3.7 H3.7 V3.7 H-3.7 Z",
		"M0,-5 L4.6,3.6 H-4.6 Z",
		"M0,-5.2 L5.2,0 L0,5.2 L-5.2,0 Z",
	};

	fprintf(svg->out,
		"<path d=\"%s\" transform=\"translate(%.1f %.1f)\" fill=\"%s\" stroke=\"%s\" "
		"stroke-width=\"1.5\"/>\n",
		path[shape % 4], x, y, shape % 8 < 4 ? colour : "#ffffff", colour);
}

double
bench_svg_width(const char *text, double font_size)
{
	unsigned int n = 0;

	for (; *text != '\0'; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n * font_size * 0.6;
}
