/* Questions: an empty field, one named letter, then Enter. Keys that were on
 * their way therefore answer nothing. */
#include <string.h>

#include "base/text.h"
#include "counter/counter.h"

char answer_letter(struct view *view, struct press press)
{
    char text[VIEW_TEXT_SIZE];
    view_focus(view, "answer");
    if (press.code != PRESS_ENTER) {
        view_press(view, press);
        return 0;
    }
    text_copy(text, sizeof text, view_get(view, "answer"));
    text_narrow(text);
    view_set(view, "answer", "");
    if (strlen(text) != 1) return 0;
    if (*text >= 'a' && *text <= 'z') return (char)(*text - 'a' + 'A');
    return *text >= 'A' && *text <= 'Z' ? *text : 0;
}
