#include "print/template_words.h"

#include "print/template.h"

#define UNITS_MAX 100000 /* positions and sizes, in whatever unit */

typedef struct template_choice choice;

static const choice units[] = {{"MM", PAGE_UNIT_MM}, {"INCH", PAGE_UNIT_INCH}, {"ROWCOLUMN", PAGE_UNIT_ROWCOLUMN}, {0}};
static const choice corners[] = {
    {"TOPLEFT", CORNER_TOPLEFT}, {"TOPRIGHT", CORNER_TOPRIGHT},
    {"BOTTOMLEFT", CORNER_BOTTOMLEFT}, {"BOTTOMRIGHT", CORNER_BOTTOMRIGHT}, {0}};
static const choice orientations[] = {{"PORTRAIT", 0}, {"LANDSCAPE", -1}, {0}};
static const choice types[] = {
    {"TEXT", TEMPLATE_TEXT}, {"BARCODE", TEMPLATE_BARCODE}, {"GRAPHIC", TEMPLATE_GRAPHIC},
    {"MICR", -1}, {"OCR", -1}, {"MSF", -1}, {"PAGEMARK", -1}, {0}};
static const choice classes[] = {
    {"OPTIONAL", TEMPLATE_OPTIONAL}, {"STATIC", TEMPLATE_STATIC}, {"REQUIRED", TEMPLATE_REQUIRED}, {0}};
static const choice accesses[] = {{"WRITE", 1}, {"READ", -1}, {"READWRITE", -1}, {0}};
static const choice overflows[] = {
    {"TERMINATE", OVERFLOW_TERMINATE}, {"TRUNCATE", OVERFLOW_TRUNCATE}, {"BESTFIT", OVERFLOW_BESTFIT},
    {"OVERWRITE", OVERFLOW_OVERWRITE}, {"WORDWRAP", OVERFLOW_WORDWRAP}, {0}};
static const choice styles[] = {
    {"NORMAL", 0}, {"BOLD", PAGE_BOLD}, {"ITALIC", PAGE_ITALIC}, {"UNDER", PAGE_UNDER},
    {"DOUBLE", PAGE_WIDE}, {"DOUBLEHIGH", PAGE_HIGH}, {"PROPORTIONAL", TEMPLATE_STYLE_PROPORTIONAL},
    {"DOUBLEUNDER", -1}, {"TRIPLE", -1}, {"QUADRUPLE", -1}, {"STRIKETHROUGH", -1}, {"ROTATE90", -1},
    {"ROTATE270", -1}, {"UPSIDEDOWN", -1}, {"TRIPLEHIGH", -1}, {"QUADRUPLEHIGH", -1}, {"CONDENSED", -1},
    {"SUPERSCRIPT", -1}, {"SUBSCRIPT", -1}, {"OVERSCORE", -1}, {"LETTERQUALITY", -1},
    {"NEARLETTERQUALITY", -1}, {"DOUBLESTRIKE", -1}, {"OPAQUE", -1}, {0}};
static const choice cases[] = {{"NOCHANGE", CASE_NOCHANGE}, {"UPPER", CASE_UPPER}, {"LOWER", CASE_LOWER}, {0}};
static const choice horizontals[] = {
    {"LEFT", HORIZONTAL_LEFT}, {"RIGHT", HORIZONTAL_RIGHT},
    {"CENTER", HORIZONTAL_CENTER}, {"JUSTIFY", HORIZONTAL_JUSTIFY}, {0}};
static const choice verticals[] = {{"BOTTOM", VERTICAL_BOTTOM}, {"CENTER", VERTICAL_CENTER}, {"TOP", VERTICAL_TOP}, {0}};
static const choice frame_types[] = {{"RECTANGLE", 0}, {"ROUNDED_CORNER", -1}, {"ELLIPSE", -1}, {0}};
static const choice frame_classes[] = {{"STATIC", TEMPLATE_STATIC}, {"OPTIONAL", TEMPLATE_OPTIONAL}, {0}};
static const choice frame_styles[] = {
    {"SINGLE_THIN", LINE_SINGLE_THIN}, {"DOUBLE_THIN", LINE_DOUBLE_THIN}, {"SINGLE_THICK", LINE_SINGLE_THICK},
    {"DOUBLE_THICK", LINE_DOUBLE_THICK}, {"DOTTED", LINE_DOTTED}, {0}};
static const choice media_types[] = {{"GENERIC", 0}, {"MULTIPART", 1}, {"PASSBOOK", 2}, {0}};
static const choice folds[] = {{"HORIZONTAL", 1}, {"VERTICAL", 2}, {0}};

#define OF(type, member) offsetof(struct template_##type, member)
#define NUMBERS(type, member, sig, min, max) .values = (sig), .numbers = OF(type, member), .least = (min), .most = (max)
#define CHOICE(type, member, list) .values = "e", .numbers = OF(type, member), .choices = (list)
#define TEXT(type, member) .values = "s", .text = OF(type, member)
#define NOT_HERE(advice) .instead = (advice)

static const struct template_word form_words[] = {
    {"UNIT", NUMBERS(form, unit, "eii", 1, 1000), .choices = units, .needed = 1},
    {"SIZE", NUMBERS(form, size, "ii", 1, UNITS_MAX), .needed = 1},
    {"ALIGNMENT", NUMBERS(form, alignment, "e[ii", 0, UNITS_MAX), .choices = corners},
    {"ORIENTATION", CHOICE(form, orientation, orientations)},
    {"VERSION", NUMBERS(form, version, "ii[ss", 0, UNITS_MAX)},
    {"LANGUAGE", NUMBERS(form, language, "i", 1, 65535)},
    {"CPI", NUMBERS(form, cpi, "i", 5, 30)},
    {"LPI", NUMBERS(form, lpi, "i", 2, 24)},
    {"POINTSIZE", NUMBERS(form, pointsize, "i", 4, 72)},
    {"TITLE", TEXT(form, title)},
    {"COMMENT", TEXT(form, comment)},
    {"COPYRIGHT", TEXT(form, copyright)},
    {"USERPROMPT", TEXT(form, prompt)},
    {"SKEW", NOT_HERE("take it out: paper is not measured for skew")},
};

static const struct template_word field_words[] = {
    {"POSITION", NUMBERS(field, position, "ii", 0, UNITS_MAX)},
    {"SIZE", NUMBERS(field, size, "ii", 1, UNITS_MAX)},
    {"FOLLOWS", TEXT(field, follows)},
    {"INDEX", NUMBERS(field, index, "iii", 0, UNITS_MAX)},
    {"TYPE", CHOICE(field, type, types)},
    {"CLASS", CHOICE(field, class, classes)},
    {"ACCESS", .values = "e", .numbers = (size_t)-1, .choices = accesses},
    {"OVERFLOW", CHOICE(field, overflow, overflows)},
    {"STYLE", .values = "f", .numbers = OF(field, style), .choices = styles},
    {"CASE", CHOICE(field, letter_case, cases)},
    {"HORIZONTAL", CHOICE(field, horizontal, horizontals)},
    {"VERTICAL", CHOICE(field, vertical, verticals)},
    {"FONT", TEXT(field, font)},
    {"POINTSIZE", NUMBERS(field, pointsize, "i", 4, 72)},
    {"CPI", NUMBERS(field, cpi, "i", 5, 30)},
    {"LPI", NUMBERS(field, lpi, "i", 2, 24)},
    {"FORMAT", TEXT(field, format)},
    {"INITIALVALUE", TEXT(field, initial)},
    {"HEADER", NOT_HERE("take it out: fields without INDEX stand on every page")},
    {"FOOTER", NOT_HERE("take it out: fields without INDEX stand on every page")},
    {"SIDE", NOT_HERE("take it out: one side is printed")},
    {"SCALING", NOT_HERE("take it out: pictures fill their SIZE and keep their shape")},
    {"BARCODE", NOT_HERE("add a TEXT field of the same datum below the bar code")},
    {"COERCIVITY", NOT_HERE("take it out: no magnetic stripe is written")},
    {"COLOR", NOT_HERE("take it out: print is black")},
    {"RGBCOLOR", NOT_HERE("take it out: print is black")},
    {"LANGUAGE", NOT_HERE("give the LANGUAGE of the form")},
};

static const struct template_word frame_words[] = {
    {"POSITION", NUMBERS(frame, position, "ii", 0, UNITS_MAX)},
    {"SIZE", NUMBERS(frame, size, "ii", 0, UNITS_MAX)},
    {"FRAMES", TEXT(frame, frames)},
    {"REPEATONX", NUMBERS(frame, repeat_x, "ii", 1, UNITS_MAX)},
    {"REPEATONY", NUMBERS(frame, repeat_y, "ii", 1, UNITS_MAX)},
    {"TYPE", CHOICE(frame, type, frame_types)},
    {"STYLE", CHOICE(frame, style, frame_styles)},
    {"CLASS", CHOICE(frame, class, frame_classes)},
    {"FILLSTYLE", NOT_HERE("take it out: frames are lines")},
    {"FILLCOLOR", NOT_HERE("take it out: print is black")},
    {"COLOR", NOT_HERE("take it out: print is black")},
    {"RGBCOLOR", NOT_HERE("take it out: print is black")},
    {"SUBSTSIGN", NOT_HERE("take it out: frames are lines")},
    {"TITLE", NOT_HERE("add a STATIC field over the frame")},
    {"OVERFLOW", NOT_HERE("take it out: a frame lies inside its form")},
    {"HORIZONTAL", NOT_HERE("give the frame's own POSITION")},
    {"VERTICAL", NOT_HERE("give the frame's own POSITION")},
    {"HEADER", NOT_HERE("take it out: frames stand on every page")},
    {"FOOTER", NOT_HERE("take it out: frames stand on every page")},
    {"SIDE", NOT_HERE("take it out: one side is printed")},
};

static const struct template_word media_words[] = {
    {"TYPE", CHOICE(media, type, media_types)},
    {"UNIT", NUMBERS(media, unit, "eii", 1, 1000), .choices = units, .needed = 1},
    {"SIZE", NUMBERS(media, size, "ii", 0, UNITS_MAX), .needed = 1},
    {"PRINTAREA", NUMBERS(media, printarea, "iiii", 0, UNITS_MAX)},
    {"RESTRICTED", NUMBERS(media, restricted, "iiii", 0, UNITS_MAX)},
    {"FOLD", CHOICE(media, fold, folds)},
    {"STAGGERING", NUMBERS(media, staggering, "i", 0, UNITS_MAX)},
    {"PAGE", NUMBERS(media, page, "i", 1, 1000)},
    {"LINES", NUMBERS(media, lines, "i", 1, TEMPLATE_INDEX_MAX)},
    {"SOURCE", NOT_HERE("take it out: the printer's binding says where its paper comes from")},
};

#define WORDS(list) (list), sizeof(list) / sizeof(list)[0]
const struct template_words template_words[BLOCK_COUNT] = {
    [BLOCK_FORM] = {"XFSFORM", WORDS(form_words)},
    [BLOCK_FIELD] = {"XFSFIELD", WORDS(field_words)},
    [BLOCK_FRAME] = {"XFSFRAME", WORDS(frame_words)},
    [BLOCK_MEDIA] = {"XFSMEDIA", WORDS(media_words)},
};
