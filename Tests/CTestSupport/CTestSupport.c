#define _GNU_SOURCE 1
#include "CTestSupport.h"

#include <fcntl.h>
#include <unistd.h>

int test_pipe(int *ends) { return pipe2(ends, O_CLOEXEC); }
