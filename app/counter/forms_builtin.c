/* The forms as they were when the program was built. */
#include "counter/form.h"

const struct form_builtin forms_builtin[] = {
#include "counter/forms.inc"
    {0, 0},
};
