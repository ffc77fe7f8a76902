#!/usr/bin/env python3
"""Shows that the tests miss no barrier: each barrier, wait and fence of the kernels is left out in turn.

usage: mutants.py PROGRAM TESTS SOURCE...
       PROGRAM: tests that run the kernels of SOURCE... on the emulator; TESTS: those of them to use

A mutant is a kernel without one of the calls that it makes, known as `kernel file:line`: a line of a header that
five kernels include is five mutants. The emulator leaves the call out as the program runs (mutants.cpp), so one build
serves all. PROGRAM first tells which of the TESTS come to which calls; a mutant is then run through those that come
to its call, the quickest first, until one fails: that mutant is caught. A call that no test comes to is an error, and
so is a mutant that is not caught, unless a comment on the line says why:

    __syncthreads();  // mutant survives: ...
    __syncthreads();  // mutant survives in this_kernel, that_kernel: ...

and a listed one that is caught fails as well.
"""
import collections
import concurrent.futures
import os
import re
import subprocess
import sys
import tempfile

CALL = re.compile(r"\b(?:__sync(?:threads|warp)|__threadfence|barrier_sync|"
                  r"cp_async_(?:wait|commit))\s*(?:<[^;]*>)?\(")
SURVIVES = re.compile(r"// mutant survives(?: in ([\w, ]+))?: \S")
FIRST = 8  # so many of a mutant's tests are tried before all of them


def calls(path):
    """Yields ("file:line", line) of each call."""
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            found = len(CALL.findall(line.split("//")[0]))
            if found > 1:
                sys.exit(f"{path}:{number}: one barrier, wait or fence a line")
            if found:
                yield f"{os.path.basename(path)}:{number}", line.strip()


def listed(kernel, line):
    """Whether the line says that the kernel does without the call."""
    found = SURVIVES.search(line)
    return bool(found) and (not found[1] or kernel in re.split(r",\s*", found[1]))


def run(program, tests, **environment):
    """Runs the tests until one fails; returns whether none did, and what they printed."""
    result = subprocess.run([program, *tests, "--abort"], env={**os.environ, **environment}, text=True, timeout=600,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if result.returncode < 0:
        sys.exit(f"mutants: {environment}: the program ends by signal {-result.returncode}")
    return result.returncode == 0, result.stdout


def reached(program, tests):
    """Returns {(kernel, "file:line"): [test, ...]}, the quickest first; the tests must pass."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "reached")
        passed, output = run(program, [tests], MUTANTS_REACHED=path)
        if not passed:
            sys.exit(f"mutants: the tests fail as they are\n{output}")
        with open(path, encoding="utf-8") as file:
            rows = [line.rstrip("\n").split(" ", 3) for line in file]
    found = collections.defaultdict(list)
    for _, kernel, place, test in sorted(rows, key=lambda row: float(row[0])):
        found[kernel, place].append(test)
    return found


def survives(program, kernel, place, tests):
    """Whether no test fails without the call, and the fault that one failed with."""
    for some in (tests[:FIRST], tests[FIRST:]):
        if not some:
            continue
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as names:
            names.writelines('"' + re.sub(r'([\\",])', r"\\\1", test) + '"\n' for test in some)
            names.flush()
            passed, output = run(program, ["--input-file", names.name], MUTANT=f"{kernel} {place}")
        if f"left out {kernel} {place}\n" not in output:
            sys.exit(f"mutants: the tests that come to {place} of {kernel} do not come to it again\n{output}")
        if not passed:
            fault = re.search(rf"^ +\(?{kernel}\b.*?: (.*?)\n\n", output, re.MULTILINE | re.DOTALL)
            return False, " ".join(fault[1].split()) if fault else "wrong results"
    return True, ""


def main(program, tests, sources):
    lines = {place: line for source in sources for place, line in calls(source)}
    found = reached(program, tests)
    places = {place for _, place in found}
    wrong = [f"{place}: no test comes to it: {lines[place]}" for place in lines if place not in places]
    wrong += [f"{place}: a barrier that this script does not see" for place in places if place not in lines]
    order = list(lines)
    mutants = sorted((mutant for mutant in found if mutant[1] in lines), key=lambda m: (order.index(m[1]), m[0]))
    counts = collections.defaultdict(collections.Counter)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda mutant: survives(program, *mutant, found[mutant]), mutants)
        for (kernel, place), (survived, fault) in zip(mutants, results):
            print(f"{place} of {kernel}: {'survives' if survived else f'caught: {fault}'}", flush=True)
            counts[place.split(":")[0]]["survive" if survived else "caught"] += 1
            if survived != listed(kernel, lines[place]):
                wrong.append(f"{place} of {kernel}: {'not caught' if survived else 'caught, though listed'}: "
                             f"{lines[place]}")
    for file, count in sorted(counts.items()):
        print(f"{file}: {count['caught']} caught, {count['survive']} survive")
    print(f"{len(mutants)} mutants")
    sys.exit("\n".join(["mutants: not as it should be", *wrong]) if wrong else 0)


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
