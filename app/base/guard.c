#include "base/guard.h"

#include <sys/stat.h>
#include <unistd.h>

int guard_secret(const char *what, const char *path, struct error *err)
{
    struct stat st;
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode)) return 0;
    if (st.st_uid != geteuid() && st.st_uid != 0)
        return error_all(err, what, path, "it belongs to somebody else", "chown it to the user that runs the program");
    return (st.st_mode & 077) == 0 ? 0 : error_all(err, what, path, "others may read it", "chmod 600");
}

int guard_rights(const char *what, const char *path, struct error *err)
{
    struct stat st;
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode)) return 0;
    if (st.st_uid != geteuid() && st.st_uid != 0)
        return error_all(err, what, path, "it belongs to somebody else", "chown it to the user that runs the program, or to root");
    return (st.st_mode & 022) == 0 ? 0 : error_all(err, what, path, "others may write it", "chmod go-w");
}
