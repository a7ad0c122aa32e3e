#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Changes one condition or verdict of src/jose or src/access at a time and
looks whether a test notices. `make mutate` builds what it needs and calls it.

A mutant that no test kills has to be in tests/mutate-survivors with a reason;
one that is listed there and is killed, or is no more, fails as well. Results
are kept in build/mutate/mutate.results: an interrupted run goes on where it was.
After a change, mutants of files that changed run again, and survivors when a
test changed; without that file, all do.
"""
import argparse
import collections
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import resource
import shlex
import subprocess
import sys
import threading

ROOMS = ('src/jose', 'src/access')
# Whose tests are to notice: the room's own, and what edits its policies.
NEAR = {'jose': ('jose', 'vectors', 'fuzz'),
        'access': ('access', 'fuzz', 'model', 'gate')}
SURVIVORS = 'tests/mutate-survivors'
WALL_S = 120  # a busy machine is no reason to call a mutant killed
CPU_S = 3     # ... but work without end is; on top of four times the usual

TOKEN = re.compile(r'''
    (?P<skip>/\*.*?\*/|^[ \t]*\#(?:\\\n|[^\n])*|\s+)
  | (?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
  | (?P<word>\w+)
  | (?P<op>->|\+\+|--|<<=?|>>=?|[-+*/%&|^=!<>]=|&&|\|\||.)
''', re.VERBOSE | re.DOTALL | re.MULTILINE)

BOUND = {'<': '<=', '>=': '>', '>': '>=', '<=': '<'}
FLIPS = {'&&': ('||',), '||': ('&&',), '==': ('!=',), '!=': ('==',),
         '<': ('>=', '<='), '>=': ('<', '>'), '>': ('<=', '>='),
         '<=': ('>', '<')}
VERDICTS = {'true': 'false', 'false': 'true', 'RG_OK': 'RG_E_INTERNAL',
            'ACCESS_GIVES': 'ACCESS_DENIES', 'GROUPS_UNKNOWN': 'GROUPS_COMPLETE'}

Token = collections.namedtuple('Token', 'kind text start end')
Mutant = collections.namedtuple('Mutant', 'path name digest text')


def tokens_of(text):
    found = []
    for m in TOKEN.finditer(text):
        if m.lastgroup != 'skip':
            found.append(Token(m.lastgroup, m.group(), m.start(), m.end()))
    return found


def functions_of(text):
    """(name, tokens of the body): a body's braces are at the line's start."""
    for m in re.finditer(r'^(\w+)\([^;{}]*\)\n\{\n(.*?)^\}', text,
                         re.DOTALL | re.MULTILINE):
        yield m.group(1), [t for t in tokens_of(text)
                           if m.start(2) <= t.start < m.end(2)]


def closing(body, i):
    depth = 0
    for j in range(i, len(body)):
        depth += (body[j].text in '([{') - (body[j].text in ')]}')
        if depth == 0:
            return j
    raise ValueError('unbalanced')


def extent(body, i, step, ends):
    """The last token from i on, in one direction, that belongs to an operand."""
    depth = 0
    i += step
    while 0 <= i < len(body):
        text = body[i].text
        if text in (')', ']', '}', '(', '[', '{'):
            depth += 1 if (text in '([{') == (step > 0) else -1
            if depth < 0:
                break
        elif depth == 0 and (text in ends or body[i].kind == 'word' and
                             text in ('return', 'case', 'if', 'while')):
            break
        i += step
    return i - step


def edits_of(body, text, flips):
    """
    (start, end, new text) of each mutation of one function: a condition and
    each of its operands made to count for nothing, < made <=, a verdict made
    another one. A flip (== made !=, && made ||, ! left out) is noticed wherever
    it is noticed that what it flips counts for nothing; those are made where
    nothing else covers them, or with `flips`.
    """
    operands, covered = {}, set()
    for i, t in enumerate(body):
        if t.text == 'if' and t.kind == 'word':
            last = closing(body, i + 1)
            a, b = body[i + 1].start, body[last].end
            covered |= operators(body[i + 2:last])
            for new in ('(%s || 1)', '(%s && 0)'):
                yield a, b, new % text[a:b]
            if flips:
                yield a, b, '(!%s)' % text[a:b]
        elif t.text in ('&&', '||', '?'):
            ends = ('=', ',', ';', '?', ':')
            if t.text != '?':
                ends += ('&&', '||')
            left = extent(body, i, -1, ends)
            a, b = body[left].start, body[i - 1].end
            if t.text == '?':
                yield a, b, '!(%s)' % text[a:b]
                covered |= operators(body[left:i])
                continue
            # What is beside && and || goes with &&, which binds tighter.
            right = extent(body, i, 1, ends)
            for first, end in ((left, i), (i + 1, right + 1)):
                span = body[first].start, body[end - 1].end
                covered |= operators(body[first:end])
                if operands.get(span) != '&&':
                    operands[span] = t.text
            covered.add(t.start)
    for (a, b), op in operands.items():
        yield a, b, '((%s) %s)' % (text[a:b], '|| 1' if op == '&&' else '&& 0')
    for i, t in enumerate(body):
        if t.kind == 'op' and t.text in FLIPS:
            for new in FLIPS[t.text]:
                if flips or t.start not in covered or new == BOUND.get(t.text):
                    yield t.start, t.end, new
        elif t.kind == 'op' and t.text == '!':
            if flips or t.start not in covered:
                yield t.start, t.end, ''
        elif t.kind == 'word' and not is_initial(body, i) and \
                (not i or body[i - 1].text not in ('==', '!=', 'case')):
            new = other_verdict(body[i - 1].text if i else '', t.text)
            if new is not None:
                yield t.start, t.end, new


def other_verdict(before, word):
    if word in VERDICTS:
        return VERDICTS[word]
    if word.startswith('RG_E_'):
        return 'RG_OK'
    if before in ('=', 'return', '?', ':') and \
            word.startswith(('ACCESS_', 'GROUPS_')):
        return 'ACCESS_GIVES' if word[0] == 'A' else 'GROUPS_UNKNOWN'
    return None


def operators(condition):
    """Where the one operator is that decides a condition; nothing if more do."""
    depth, found = 0, set()
    for t in condition:
        depth += (t.text in '([{') - (t.text in ')]}')
        if depth == 0 and t.kind == 'op' and (t.text in FLIPS or t.text == '!'):
            found.add(t.start)
    return found if len(found) == 1 else set()


def is_initial(body, i):
    """A variable's first value, which a later one always replaces (`r` starts
    as failure) or which a mutation of the condition that sets it covers."""
    while i >= 0 and body[i].text not in (';', '{', '}'):
        i -= 1
    first = body[i + 1:i + 3]
    return len(first) == 2 and all(t.kind == 'word' for t in first) and \
        first[0].text not in ('return', 'else', 'case', 'goto')


def one_line(s):
    return re.sub(r'\s+', ' ', s).strip()


def mutants_of(path, flips):
    text = pathlib.Path(path).read_text()
    found, seen, times = [], set(), collections.Counter()
    for function, body in functions_of(text):
        for a, b, new in sorted(set(edits_of(body, text, flips))):
            mutated = text[:a] + new + text[b:]
            digest = hashlib.sha256(mutated.encode()).hexdigest()
            if digest in seen:
                continue
            seen.add(digest)
            # An operator alone says little: with its line.
            c, d = a, b
            if b - a < 20:
                c = text.rindex('\n', 0, a) + 1
                d = text.index('\n', b)
            name = '%s %s: %s => %s' % (path, function, one_line(text[c:d]),
                                        one_line(text[c:a] + new + text[b:d]))
            times[name] += 1
            if times[name] > 1:
                name += ' #%d' % times[name]
            found.append(Mutant(path, name, digest, mutated))
    return found


class Tests:
    """The programs, each with what its verdict depends on."""

    def __init__(self, build):
        self.build = build
        self.all = {}
        near = {n for rooms in NEAR.values() for n in rooms}
        for source in sorted(pathlib.Path('tests/unit').glob('test_*.c')):
            room = source.stem.split('_')[1]
            if room not in near:
                continue
            self.add(source.stem, room, [f'{build}/unit/{source.stem}'],
                     [source])
        for source in sorted(pathlib.Path('tests/fuzz').glob('*.c')):
            if source.stem != 'main':
                corpus = f'tests/fuzz/corpus/{source.stem}'
                self.add('fuzz ' + source.stem, 'fuzz',
                         [f'{build}/fuzz/{source.stem}', corpus],
                         [source, *sorted(pathlib.Path(corpus).iterdir())])
        self.add('model', 'model',
                 ['node', '--test', 'tests/e2e/model.test.mjs'],
                 [pathlib.Path('tests/e2e/model.test.mjs'),
                  *sorted(pathlib.Path('tests/model').iterdir())])
        self.kills = collections.Counter()
        whole = hashlib.sha256()
        for t in self.all.values():
            whole.update(t['digest'].encode())
        self.digest = whole.hexdigest()

    def add(self, name, room, command, files):
        h = hashlib.sha256()
        for f in files:
            h.update(f.read_bytes())
        self.all[name] = {'room': room, 'command': command, 'cpu': 0.0,
                          'digest': h.hexdigest()}

    def run(self, name, library):
        """'' or why it failed."""
        t = self.all[name]
        limit = CPU_S + int(4 * t['cpu'])
        env = dict(os.environ, LD_LIBRARY_PATH=f'{library}:{self.build}', SEED='1',
                   MODELS='3000', O=self.build)

        def limits():
            resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        try:
            status = subprocess.run(
                t['command'], env=env, timeout=WALL_S, preexec_fn=limits,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, check=False).returncode
        except subprocess.TimeoutExpired:
            return 'no end'
        return '' if status == 0 else 'status %d' % status

    def baseline(self):
        for name, t in self.all.items():
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            t['cpu'] = 60.0
            why = self.run(name, self.build)
            if why:
                sys.exit(f'mutate: {name} fails without a mutation ({why})')
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            t['cpu'] = after.ru_utime + after.ru_stime - \
                before.ru_utime - before.ru_stime

    def order(self, mutant):
        room = mutant.path.split('/')[1]
        stem = pathlib.Path(mutant.path).stem
        near = [n for n, t in self.all.items() if t['room'] in NEAR[room]]
        return sorted(near, key=lambda n: (
            n != f'test_{room}_{stem}', -self.kills[mutant.path, n],
            self.all[n]['room'] != room, self.all[n]['cpu']))


class Run:
    def __init__(self, args):
        self.args = args
        self.tests = Tests(args.build)
        self.results = pathlib.Path(args.build, 'mutate.results')
        self.known = {}
        if self.results.exists():
            for line in self.results.read_text().splitlines():
                r = json.loads(line)
                self.known[r['digest']] = r
        self.lock = threading.Lock()
        self.workers = threading.local()
        self.worker_count = 0

    def folder(self):
        if not hasattr(self.workers, 'folder'):
            with self.lock:
                self.worker_count += 1
                folder = pathlib.Path(self.args.build, 'mutants',
                                      f'{os.getpid()}-{self.worker_count}')
            folder.mkdir(parents=True, exist_ok=True)
            self.workers.folder = folder
        return self.workers.folder

    def still_known(self, m):
        r = self.known.get(m.digest)
        if r is None:
            return None
        if r['verdict'] == 'killed':
            return r if r['by'] in self.tests.all else None
        return r if r['tests'] in (self.tests.digest, '') else None

    def build_mutant(self, m):
        """A folder with the mutant's library; None if it does not compile."""
        folder = self.folder()
        source, obj = folder / 'mutant.c', folder / 'mutant.o'
        source.write_text(m.text)
        done = subprocess.run(
            [*shlex.split(self.args.cc), '-w', '-c', '-o', obj, source],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            return None
        subprocess.run(
            [*shlex.split(self.args.cc), '-shared', '-Wl,-soname,mutant.so',
             '-o', folder / 'mutant.so', obj, f'{self.args.build}/whole.so'],
            check=True)
        return str(folder)

    def judge(self, m):
        library = self.build_mutant(m)
        r = {'digest': m.digest, 'name': m.name, 'tests': ''}
        if library is None:
            return dict(r, verdict='no compile')
        for name in self.tests.order(m):
            why = self.tests.run(name, library)
            # Once more: a test that waits may fail for want of time.
            if why and ('-' in why or self.tests.run(name, library)):
                self.tests.kills[m.path, name] += 1
                return dict(r, verdict='killed', by=name, why=why,
                            tests=self.tests.all[name]['digest'])
        return dict(r, verdict='survived', tests=self.tests.digest)

    def keep(self, r):
        with self.lock, self.results.open('a') as out:
            out.write(json.dumps(r) + '\n')

    def all(self, mutants):
        results = {m.name: self.still_known(m) for m in mutants}
        todo = [m for m in mutants if results[m.name] is None]
        print(f'{len(mutants)} mutants, {len(todo)} to run', flush=True)
        if todo:
            self.tests.baseline()
        with concurrent.futures.ThreadPoolExecutor(self.args.jobs) as pool:
            futures = {pool.submit(self.judge, m): m for m in todo}
            for n, f in enumerate(concurrent.futures.as_completed(futures), 1):
                r = f.result()
                self.keep(r)
                results[r['name']] = r
                if r['verdict'] != 'killed' or n % 50 == 0:
                    print(f'{n}/{len(todo)} {r["verdict"]}: {r["name"]}',
                          flush=True)
        return results


def listed():
    """{name: its reason}; a reason is the comment above its mutants."""
    found, reason, open_ = {}, '', False
    for line in pathlib.Path(SURVIVORS).read_text().splitlines():
        if line.startswith('#'):
            reason = (reason + ' ' if open_ else '') + line[1:].strip()
            open_ = True
        elif line.strip():
            if not reason:
                sys.exit(f'mutate: {SURVIVORS}: no reason for {line}')
            found[line.strip()] = reason
            open_ = False
        else:
            reason, open_ = '', False
    return found


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument('--build', required=True)
    p.add_argument('--cc', required=True, help='the compiler with its flags')
    p.add_argument('--jobs', type=int, default=os.cpu_count())
    p.add_argument('--list', action='store_true', help='name them, run nothing')
    p.add_argument('--flips', action='store_true',
                   help='also those that the others cover')
    p.add_argument('files', nargs='*', help='only the mutants of these')
    args = p.parse_args()
    files = args.files or [str(f) for room in ROOMS
                           for f in sorted(pathlib.Path(room).glob('*.c'))]
    mutants = [m for f in files for m in mutants_of(f, args.flips)]
    if args.list:
        print('\n'.join(m.name for m in mutants))
        return 0
    results = Run(args).all(mutants)
    excused = [n for n in listed() if n.split(' ')[0] in files]
    count = collections.Counter(r['verdict'] for r in results.values())
    bad = 0
    for name, r in results.items():
        if r['verdict'] == 'survived' and name not in excused:
            bad += 1
            print('survived, and not listed: ' + name)
    for name in excused:
        if name not in results or results[name]['verdict'] != 'survived':
            bad += 1
            print('listed, but killed or no more: ' + name)
    print(f'{len(results)} mutants of {len(files)} files: '
          f'{count["killed"]} killed, {count["survived"]} survived '
          f'({len(excused)} listed in {SURVIVORS}), '
          f'{count["no compile"]} did not compile')
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
