/* WenQuanYi Micro Hei for all that GB 18030's two-byte part has, BabelStone Han for
 * the rare characters of names (䶮, 𠮷). No other font of the machine is looked at,
 * so that paper looks the same everywhere. */
#include <pthread.h>
#include <unistd.h>

#include <fontconfig/fontconfig.h>
#include <pango/pangofc-fontmap.h>

#include "base/text.h"
#include "drivers/picture.h"
#include "drivers/picture_impl.h"

#define FONTS 2
static const struct { const char *path, *package; } files[FONTS] = {
    {"/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", "fonts-wqy-microhei"},
    {"/usr/share/fonts/truetype/babelstone/BabelStoneHan.ttf", "fonts-babelstone-han"},
};
#define FAMILY_CELLS "WenQuanYi Micro Hei Mono,BabelStone Han"
#define FAMILY_PROPORTIONAL "WenQuanYi Micro Hei,BabelStone Han"

/* Loading a font takes 20 ms, so it is done once in the life of the process. */
static struct {
    pthread_mutex_t lock;
    PangoFontMap *map;
    FcConfig *config;
    FcCharSet *has;
} fonts = {.lock = PTHREAD_MUTEX_INITIALIZER};

static FcCharSet *characters(FcConfig *config)
{
    FcFontSet *set = FcConfigGetFonts(config, FcSetApplication);
    FcCharSet *all = FcCharSetCreate();
    for (int i = 0; set && all && i < set->nfont; i++) {
        FcCharSet *one;
        FcBool changed;
        if (FcPatternGetCharSet(set->fonts[i], FC_CHARSET, 0, &one) == FcResultMatch) FcCharSetMerge(all, one, &changed);
    }
    return all;
}

static int load(struct error *err)
{
    fonts.config = FcConfigCreate();
    for (int i = 0; i < FONTS; i++) {
        if (!access(files[i].path, R_OK) && FcConfigAppFontAddFile(fonts.config, (const FcChar8 *)files[i].path)) continue;
        FcConfigDestroy(fonts.config);
        error_all(err, "picture refused", files[i].path, "this font is not installed", NULL);
        return error_remedy(err, "install the package %s", files[i].package);
    }
    fonts.has = characters(fonts.config);
    fonts.map = pango_cairo_font_map_new_for_font_type(CAIRO_FONT_TYPE_FT);
    pango_fc_font_map_set_config(PANGO_FC_FONT_MAP(fonts.map), fonts.config);
    return 0;
}

int picture_fonts_lock(struct error *err)
{
    pthread_mutex_lock(&fonts.lock);
    if (fonts.map || !load(err)) return 0;
    pthread_mutex_unlock(&fonts.lock);
    return -1;
}

void picture_fonts_unlock(void) { pthread_mutex_unlock(&fonts.lock); }

bool picture_has(uint32_t cp)
{
    if (picture_fonts_lock(NULL)) return false;
    bool has = FcCharSetHasChar(fonts.has, cp);
    picture_fonts_unlock();
    return has;
}

static PangoContext *context_for(cairo_t *cr)
{
    PangoContext *context = pango_font_map_create_context(fonts.map);
    cairo_font_options_t *options = cairo_font_options_create();
    /* no hinting: the same text is as long at every resolution */
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    pango_cairo_context_set_font_options(context, options);
    cairo_font_options_destroy(options);
    pango_context_set_round_glyph_positions(context, FALSE);
    pango_context_set_language(context, pango_language_from_string("zh-cn"));
    if (cr) pango_cairo_update_context(cr, context);
    return context;
}

static PangoAttrList *attributes(int em_mm100, bool cells)
{
    PangoAttrList *list = pango_attr_list_new();
    PangoFontDescription *font = pango_font_description_from_string(cells ? FAMILY_CELLS : FAMILY_PROPORTIONAL);
    pango_font_description_set_absolute_size(font, (double)em_mm100 * PANGO_SCALE);
    pango_attr_list_insert(list, pango_attr_font_desc_new(font));
    pango_font_description_free(font);
    return list;
}

/* Each glyph into the middle of its cells. */
static void into_cells(PangoGlyphItem *glyph_item, const char *text, size_t len, int cell_um)
{
    PangoGlyphString *glyphs = glyph_item->glyphs;
    for (int i = 0; i < glyphs->num_glyphs; i++) {
        const char *at = text + glyph_item->item->offset + glyphs->log_clusters[i];
        PangoGlyphGeometry *geometry = &glyphs->glyphs[i].geometry;
        uint32_t cp;
        utf8_next(at, text + len, &cp);
        int room = (int)((int64_t)page_cells_of(cp) * cell_um * PANGO_SCALE / 10);
        geometry->x_offset += (room - geometry->width) / 2;
        geometry->width = room;
    }
}

void picture_shape(cairo_t *cr, const char *text, size_t len, int em_mm100, int cell_um, bool italic, struct picture_text *out)
{
    PangoContext *context = context_for(cr);
    PangoAttrList *list = attributes(em_mm100, cell_um > 0);
    int64_t width = 0;
    *out = (struct picture_text){0};
    GList *items = pango_itemize(context, text, 0, (int)len, list, NULL);
    for (GList *link = items; link; link = link->next) {
        PangoItem *item = link->data;
        PangoGlyphItem *glyph_item = g_slice_new0(PangoGlyphItem);
        glyph_item->item = item;
        glyph_item->glyphs = pango_glyph_string_new();
        pango_shape_full(text + item->offset, item->length, text, (int)len, &item->analysis, glyph_item->glyphs);
        for (int i = 0; i < glyph_item->glyphs->num_glyphs; i++)
            out->missing += (glyph_item->glyphs->glyphs[i].glyph & PANGO_GLYPH_UNKNOWN_FLAG) != 0;
        if (cell_um) into_cells(glyph_item, text, len, cell_um);
        width += pango_glyph_string_get_width(glyph_item->glyphs);
        out->items = g_list_append(out->items, glyph_item);
    }
    g_list_free(items);
    pango_attr_list_unref(list);
    g_object_unref(context);
    out->advance_um = (int)(width * 10 / PANGO_SCALE);
}

void picture_text_free(struct picture_text *text)
{
    for (GList *link = text->items; link; link = link->next) pango_glyph_item_free(link->data);
    g_list_free(text->items);
    text->items = NULL;
}
