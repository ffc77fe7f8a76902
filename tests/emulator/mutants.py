#!/usr/bin/env python3
"""Shows that the tests miss no barrier: each barrier, wait and fence of a kernel's source is left out in turn.

usage: mutants.py write IN.cu OUT.cu     makes each such call one that the program can leave out
       mutants.py run PROGRAM SOURCE...  runs PROGRAM once with all calls, then once without each of them in turn

`write` turns `__syncthreads();` into `if (saddle::test::keep("file.cu:12")) __syncthreads();`: one build serves all
mutants. The program leaves out the call that MUTANT names (tests/emulator/mutants.cpp). A mutant is caught if the
program's tests then fail. One that is not caught must be listed, by a comment on its line that says why:

    __syncthreads();  // mutant survives: ...

and a listed one that is caught fails as well.
"""
import os
import re
import subprocess
import sys

CALL = re.compile(r"\b(?:gpu::)?(?:__sync(?:threads|warp)|__threadfence|barrier_sync|"
                  r"cp_async_(?:wait(?:<[^>]*>)?|commit))\(")
SURVIVES = re.compile(r"// mutant survives: \S")


def calls(path):
    """Yields (line number, offset of the call in the line, line) of each call that stands as a statement."""
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            code = line.split("//")[0]
            found = list(CALL.finditer(code))
            if len(found) > 1:
                sys.exit(f"{path}:{number}: one barrier, wait or fence a line")
            if found:
                yield number, found[0].start(), line


def name_of(path, number):
    return f"{os.path.basename(path)}:{number}"


def write(source, target):
    with open(source, encoding="utf-8") as file:
        lines = file.readlines()
    for number, start, line in calls(source):
        guard = f'if (saddle::test::keep("{name_of(source, number)}")) '
        lines[number - 1] = line[:start] + guard + line[start:]
    with open(target, "w", encoding="utf-8") as file:
        file.write('#include "tests/emulator/mutants.h"\n')
        file.write(f'#line 1 "{source}"\n')
        file.writelines(lines)


def run(program, sources):
    def passes(mutant):
        """Whether the tests pass, and what they printed; a mutant whose line never runs counts for nothing."""
        result = subprocess.run([program, "--abort"], env={**os.environ, "MUTANT": mutant}, text=True, timeout=60,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if mutant and f"left out {mutant}\n" not in result.stdout:
            sys.exit(f"mutants: no test reaches {mutant}")
        if result.returncode < 0:
            sys.exit(f"mutants: {mutant or 'the program'} ends by signal {-result.returncode}")
        return result.returncode == 0, result.stdout

    passed, output = passes("")
    if not passed:
        sys.exit(f"mutants: the tests fail as they are\n{output}")
    total = 0
    wrong = []
    for source in sources:
        for number, _, line in calls(source):
            name = name_of(source, number)
            survived, output = passes(name)
            if survived != bool(SURVIVES.search(line)):
                wrong.append(f"{name}: {'not caught' if survived else 'caught, though listed'}: {line.strip()}")
            total += 1
            fault = re.search(r"^ +(\w+_kernel: .*)", output, re.MULTILINE)
            print(f"{name}: {'survives' if survived else 'caught'}: {fault[1] if fault else ''}")
    print(f"{total} mutants, {len(wrong)} not as they should be")
    sys.exit("\n".join(["mutants: the tests miss something", *wrong]) if wrong else 0)


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[1] == "write":
        write(*sys.argv[2:])
    elif len(sys.argv) > 3 and sys.argv[1] == "run":
        run(sys.argv[2], sys.argv[3:])
    else:
        sys.exit(__doc__)
