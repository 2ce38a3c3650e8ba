#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""tests/timeline/timeline.t - a traced run, the files that come of it, and the page as a browser draws it. TAP.

From the environment: QEMU FIRMWARE BUILD."""
# Needs: all
import html
import importlib.machinery
import importlib.util
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import traceback
import zlib

here = os.path.dirname(os.path.abspath(__file__))
root = os.path.dirname(os.path.dirname(here))
build = os.environ.get('BUILD', 'build')
work = os.path.join(build, 'timeline')


def load(path):
    loader = importlib.machinery.SourceFileLoader(os.path.basename(path), path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    sys.dont_write_bytecode = True
    loader.exec_module(module)
    return module


validate = load(os.path.join(here, 'validate')).validate


class Tap:
    def __init__(self):
        self.n = self.bad = 0

    def ok(self, good, text, why=''):
        self.n += 1
        self.bad += not good
        print(f'{"ok" if good else "not ok"} {self.n} - {text}', flush=True)
        if not good and why:
            print(f'# {why}', file=sys.stderr)
        return good

    def skip(self, text, why):
        self.n += 1
        print(f'ok {self.n} - {text} # SKIP {why}')


tap = Tap()


def run(*cmd, **options):
    return subprocess.run(cmd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors='replace',
                          stdin=subprocess.DEVNULL, check=False, **options)


def timeline(console, memory, out):
    os.makedirs(out, exist_ok=True)
    return run(os.path.join(root, 'scripts', 'timeline'), console, memory, out)


def read_json(out):
    with open(os.path.join(out, 'trace.json'), encoding='utf-8') as f:
        return json.load(f)


# ---- a run ----

def traced_run(out):
    """A quarter of a second of the main job. Its console."""
    memory, mib = os.path.join(out, 'memory'), 256
    edu = 'edu,dma_mask=0xffffffffffffffff,addr='
    cmd = [os.environ.get('QEMU') or 'qemu-system-riscv64', '-M', 'virt,aia=aplic-imsic,memory-backend=memory', '-smp', '4',
           '-m', f'{mib}M', '-object', f'memory-backend-file,id=memory,size={mib}M,mem-path={memory},share=on',
           '-accel', 'tcg,thread=multi', '-nographic', '-no-reboot', '-bios', os.environ.get('FIRMWARE') or
           '/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin', '-kernel', os.path.join(build, 'payload.elf'),
           '-append', 'ms=250 seed=7 trace trace_at=0x88000000 trace_mib=96', '-device', edu + '1', '-device', edu + '2']
    for _ in range(4): # what OpenSBI 1.5 does now and then: tests/qemu/table, `again'
        if os.path.exists(memory):
            os.remove(memory)
        done = run('timeout', '-s', 'KILL', '240', *cmd)
        if not re.search(r'left out: .* START_PENDING', done.stdout):
            break
    console = os.path.join(out, 'console')
    with open(console, 'w', encoding='utf-8') as f:
        f.write(done.stdout)
    tap.ok(done.returncode == 0 and re.search(r'^VERDICT: PASS', done.stdout, re.M), 'the traced main job passes',
           f'exit code {done.returncode}: {console}: {done.stdout[-400:]}')
    tap.ok(re.search(r'^trace: \d+ events, 0 dropped', done.stdout, re.M), 'no event was dropped')
    return done.stdout, memory


def console_says(text):
    """Sums of the columns of the devices' table."""
    rows = [[int(x) for x in m.split()] for m in re.findall(r'^edu\d +(.*)$', text.replace('\r', ''), re.M)]
    edges, handled, _, sent_on, lost, empty, moves = [sum(c) for c in zip(*rows)][:7]
    return {'raised': edges, 'handlers': handled + empty, 'moves': moves, 'sent on': sent_on, 'lost': lost}


def test_run():
    out = os.path.join(work, 'run')
    os.makedirs(out, exist_ok=True)
    text, memory = traced_run(out)
    done = timeline(os.path.join(out, 'console'), memory, out)
    tap.ok(done.returncode == 0, 'scripts/timeline makes files of it', done.stdout)
    os.remove(memory)
    doc = read_json(out)
    bad = validate(doc)
    tap.ok(not bad, 'trace.json is valid, and each edge flows into a handler run', '\n# '.join(bad[:10]))
    says, counts = console_says(text), doc['otherData']['counts']
    events = doc['traceEvents']
    sent_on = sum(e.get('cat') == 'forward' for e in events)
    tap.ok(counts['raised'] == says['raised'] and counts['handlers'] == says['handlers'] and
           counts['moves'] == says['moves'] and sent_on == says['sent on'],
           'it holds as many edges, runs, moves and edges sent on as the run counted', f'{counts}, {sent_on}; {says}')
    return out, doc


def test_broken(doc):
    """Each of these is what the validator is there for."""
    def find(ph, cat=None):
        found = [e for e in doc['traceEvents'] if e['ph'] == ph and (cat is None or e['cat'] == cat)]
        return found[min(3, len(found) - 1)]

    def without(ph, cat=None):
        e = find(ph, cat)
        return lambda d: d['traceEvents'].remove(e)

    def changed(ph, cat=None, **fields):
        e = find(ph, cat)
        return lambda d: d['traceEvents'].__setitem__(d['traceEvents'].index(e), {**e, **fields})

    def other(**fields):
        return lambda d: d.__setitem__('otherData', {**d['otherData'], **fields})

    last = doc['traceEvents'][-1]['ts']
    for text, change in (
            ('a handler run that does not end', without('E', 'handler')), ('one that does not begin', without('B', 'handler')),
            ('an edge that flows nowhere', without('f')), ('a flow from nowhere', without('s')),
            ('a flow back in time', changed('f', ts=0)), ('a flow to another hart', changed('f', tid=(find('f')['tid'] + 1) % 4)),
            ('time that goes back', changed('i', ts=0)), ('a vector that retires for ever', without('e', 'retiring')),
            ('a span that ends first', changed('b', 'retiring', ts=last + 1e9)), ('a hart in no state', without('b', 'hart')),
            ('an edge of no length', changed('X', dur=0)), ('a track without a name', without('M')),
            ('dropped records', other(dropped=1)), ('an edge that nobody saw', other(unseen=1)),
            ('counts that differ', other(counts={})), ('no events', lambda d: d.pop('traceEvents'))):
        d = dict(doc, traceEvents=list(doc['traceEvents']))
        change(d)
        tap.ok(validate(d), f'the validator notices {text}')


# ---- records that were made up ----

NAMES = ('event -,claim,begin,end,noted,move,moved,message,start,stop,retire,reclaim,forward,resend,disable,enable,unowned,'
         'storm,late,dead,ipi,ipi taken,hart,raised,seen')
EVENT = {n: i for i, n in enumerate(NAMES.split(' ', 1)[1].split(','))}


def made_up(out, rings, n_records, wrote=None, torn=()):
    """rings: for each hart (tick, event, irq, hart, id, arg); `torn' are (hart, number) of records that are not whole."""
    os.makedirs(out, exist_ok=True)
    base, memory = 0x80000000, bytearray(64)
    for h, ring in enumerate(rings):
        data = bytearray(32 * n_records)
        for k, (tick, event, irq, vh, vid, arg) in enumerate(ring, 1):
            what = EVENT[event] | irq << 8 | vh << 32 | vid << 48
            struct.pack_into('<4Q', data, 32 * (k % n_records), tick, what, arg, 0 if (h, k) in torn else k)
        memory += data
    with open(os.path.join(out, 'memory'), 'wb') as f:
        f.write(memory)
    lines = [f'{len(rings)} harts, {n_records} records each, at 0x80000040 in the memory at 0x{base:x}, 10000000 ticks a second',
             'names ' + NAMES, 'names update one store,masked', 'names hart offline,online', 'names slot free,owned,retiring',
             'irq 0 one<two', 'irq 70 far']
    lines += [f'hart {h} id {h} wrote {wrote[h] if wrote else len(r)}' for h, r in enumerate(rings)]
    with open(os.path.join(out, 'console'), 'w', encoding='utf-8') as f:
        f.write('noise\r' + ''.join(f'trace: {line}\r\n' for line in lines) + 'more noise\n')
    return timeline(os.path.join(out, 'console'), os.path.join(out, 'memory'), out)


def test_made_up():
    out = os.path.join(work, 'made-up')
    none = 0xffffff
    second = 10000000
    start = 7 * second
    one = [(start, 'hart', none, 0, 0, 1), (start + 5, 'begin', 0, 0, 9, 0), (start + 5, 'seen', 0, 0, 0, 3), (start + 5, 'end', 0, 0, 9, 1),
           (start + 9 * second, 'begin', 70, 0, 9, 0)]
    two = [(start, 'hart', none, 1, 0, 1), (start + 1, 'raised', 0, 0, 0, 1), (start + 2, 'raised', 0, 0, 0, 2), (start + 6, 'retire', 0, 1, 3, 0),
           (start + 4, 'unowned', none, 1, 5, 0), (start + 9, 'reclaim', 0, 1, 3, 0)] # an interrupt came in between
    done = made_up(out, [one, two], 8)
    doc = read_json(out) if done.returncode == 0 else {}
    tap.ok(not validate(doc), 'records that were made up are valid', f'{done.stdout} {validate(doc)[:3]}')
    by = lambda ph, cat: [e for e in doc['traceEvents'] if e['ph'] == ph and e['cat'] == cat]
    tap.ok([e['ts'] for e in by('B', 'handler')] == [0.5, 9000000.0], 'times count from the first record, across a long gap',
           str(by('B', 'handler')))
    ends = [e['ts'] for e in by('f', 'edge')]
    tap.ok(len(ends) == 2 and ends[0] == ends[1] and .5 < ends[0] < .6, 'records of one tick keep their order within it', str(ends))
    tap.ok([e['ts'] for e in by('i', 'unowned')] == [.4] and [e['ts'] for e in by('b', 'retiring')] == [.6],
           'a record that an interrupt wrote later has its place in time')
    made_page = out

    # 20 records through a ring of 8, of which one is torn: 12 and 1 are gone. Spans that lost an end do no harm.
    out = os.path.join(work, 'dropped')
    ring = [(start + k, ('begin', 'end')[k % 2], 0, 0, 1, 0) for k in range(20)]
    done = made_up(out, [ring], 8, torn={(0, 15)})
    doc = read_json(out) if done.returncode == 0 else {'otherData': {'dropped': None}, 'traceEvents': []}
    tap.ok(doc['otherData']['dropped'] == 13, 'what was overwritten, or is not whole, is counted as dropped', done.stdout)
    tap.ok(validate(doc) == ['13 dropped'], 'and nothing else is wrong with the rest', str(validate(doc)))

    for text, lines, size in (('a console without a trace', 'VERDICT: PASS\n', 64),
                              ('memory that ends too early', open(os.path.join(made_page, 'console'), encoding='utf-8').read(), 300)):
        out = os.path.join(work, 'refused')
        os.makedirs(out, exist_ok=True)
        with open(os.path.join(out, 'console'), 'w', encoding='utf-8') as f:
            f.write(lines)
        with open(os.path.join(out, 'memory'), 'wb') as f:
            f.write(bytes(size))
        done = timeline(os.path.join(out, 'console'), os.path.join(out, 'memory'), out)
        tap.ok(done.returncode == 1 and 'Traceback' not in done.stdout and done.stdout.count('\n') == 1, f'{text} is refused in a line',
               done.stdout)
    return made_page


# ---- the page ----

class Browser:
    def __init__(self):
        names = ('chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome')
        self.path = next((p for p in map(shutil.which, names) if p), None)

    def run(self, page, fragment, *options):
        return subprocess.run([self.path, '--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--window-size=1000,640',
                               '--virtual-time-budget=30000', *options, f'file://{os.path.abspath(page)}{fragment}'],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, text=True,
                              timeout=240, check=False).stdout

    def check(self, page, fragment=''):
        """What the page says of itself, and its text."""
        dom = self.run(page, fragment, '--dump-dom')
        m = re.search(r'<pre id="check"[^>]*>(.*?)</pre>', dom, re.S)
        return json.loads(m[1]) if m and m[1] else {'ready': False, 'errors': ['no answer'], 'count': {}, 'drawn': {}}, dom

    def picture(self, page, fragment, path):
        self.run(page, fragment, f'--screenshot={os.path.abspath(path)}')
        return decode(path)


def decode(path):
    """A PNG of eight bits: width, height, and a function (x, y) to its colour."""
    with open(path, 'rb') as f:
        data = f.read()
    at, packed = 8, b''
    while at < len(data):
        size, kind = struct.unpack_from('>I4s', data, at)
        if kind == b'IHDR':
            width, height, depth, colour = struct.unpack_from('>IIBB', data, at + 8)
        elif kind == b'IDAT':
            packed += data[at + 8:at + 8 + size]
        at += 12 + size
    n = {2: 3, 6: 4}[colour]
    assert depth == 8
    raw, rows, above = zlib.decompress(packed), [], bytearray(width * n)
    for y in range(height):
        start = y * (width * n + 1)
        rows.append(unfilter(raw[start], bytearray(raw[start + 1:start + 1 + width * n]), above, n))
        above = rows[-1]
    return width, height, lambda x, y: tuple(rows[y][x * n:x * n + 3])


def unfilter(kind, row, above, n):
    """The PNG specification, 9.2."""
    if kind == 2:
        return bytearray((x + b) & 255 for x, b in zip(row, above))
    for i in range(len(row)) if kind else ():
        a, b, c = (row[i - n], above[i], above[i - n]) if i >= n else (0, above[i], 0)
        if kind == 1:
            row[i] = (row[i] + a) & 255
        elif kind == 3:
            row[i] = (row[i] + (a + b) // 2) & 255
        else:
            p, q, r = abs(b - c), abs(a - c), abs(a + b - 2 * c)
            row[i] = (row[i] + (a if p <= q and p <= r else b if q <= r else c)) & 255
    return row


def colours(picture, top, bottom):
    """How often each one is in these shares of the height, right of the labels."""
    width, height, at = picture
    seen = {}
    for y in range(int(top * height), int(bottom * height)):
        for x in range(120, width, 2):
            c = at(x, y)
            seen[c] = seen.get(c, 0) + 1
    return seen


def vivid(seen):
    return sum(n for c, n in seen.items() if max(c) - min(c) > 60)


def near(seen, want, by=40):
    return sum(n for c, n in seen.items() if sum(abs(x - y) for x, y in zip(c, want)) < by)


BLUE, AMBER, PANEL, NIGHT = (47, 111, 235), (224, 138, 0), (255, 255, 255), (18, 24, 36)


def busiest(doc):
    """The shortest time in which twenty edges were raised and seen."""
    seen = {e['id']: e['ts'] for e in doc['traceEvents'] if e['ph'] == 'f'}
    edges = sorted((e['ts'], seen[e['id']]) for e in doc['traceEvents'] if e['ph'] == 's')
    spans = [(max(f for _, f in edges[i:i + 20]), edges[i][0]) for i in range(len(edges) - 20)]
    b, a = min(spans, key=lambda s: s[0] - s[1])
    return a * 1000 - 5000, b * 1000 + 5000


def test_page(browser, out, doc):
    page, counts = os.path.join(out, 'timeline.html'), doc['otherData']['counts']
    with open(page, encoding='utf-8') as f:
        text = f.read()
    tap.ok(not re.search(r'(https?:)?//[a-z]|<link|@import|src=', re.sub(r'<script type="application/octet.*?</script>', '', text, flags=re.S)
                         .replace('// ', '')), 'the page asks for nothing from elsewhere')
    said, _ = browser.check(page, '#,,light')
    count, drawn = said['count'], said['drawn']
    tap.ok(said['ready'] and not said['errors'], 'the page is drawn without an error', str(said['errors']))
    tap.ok(said.get('lanes') == 4 and count.get('edge', 0) > 0 and count.get('flow') == counts['flows'] and
           count.get('handler') == counts['handlers'] and count.get('move') == counts['moves'] and
           count.get('retiring') == counts['retiring'] and count.get('state') == counts['states'] and count.get('unseen') == 0,
           'it has found what scripts/timeline has found', f'{count}; {counts}')
    tap.ok(all(drawn.get(k) == count.get(k, -1) for k in ('edge', 'handler', 'move', 'retiring', 'state')) and drawn.get('bars', 0) > 0,
           'far out everything is drawn, in bars', str(drawn))
    a, b = busiest(doc)
    said, _ = browser.check(page, f'#{a:.0f},{b:.0f},light')
    tap.ok(said['drawn'].get('flow', 0) >= 20 and said['drawn'].get('bars') == 0 and said['drawn'].get('handler', 0) > 0,
           'close up each event is drawn by itself, with curves', str(said['drawn']))
    only, _ = browser.check(page, f'#{a:.0f},{b:.0f},light,edu0')
    other, _ = browser.check(page, f'#{a:.0f},{b:.0f},light,edu1')
    both = [said['drawn'].get(k) for k in ('edge', 'handler', 'flow')]
    each = [only['drawn'].get(k, 0) + other['drawn'].get(k, 0) for k in ('edge', 'handler', 'flow')]
    tap.ok(both == each, 'the filter takes an interrupt away, and the two make the whole', f'{both} {each}')


def test_pictures(browser, out, doc):
    page = os.path.join(out, 'timeline.html')
    light = browser.picture(page, '#,,light', os.path.join(out, 'light.png'))
    tap.ok(light[:2] == (1000, 640), 'the screenshot has the size that was asked for', str(light[:2]))
    parts = [colours(light, i, i + .2) for i in (.2, .4, .6, .75)] # the lanes, from the ruler to the foot
    tap.ok(all(len(p) > 30 and vivid(p) > 100 for p in parts), 'no lane is blank', str([(len(p), vivid(p)) for p in parts]))
    dark = colours(browser.picture(page, '#,,dark', os.path.join(out, 'dark.png')), .2, .9)
    whole = colours(light, .2, .9)
    tap.ok(near(whole, AMBER) > 20 and near(whole, BLUE) > 100, 'both interrupts are in them', f'{near(whole, AMBER)} {near(whole, BLUE)}')
    tap.ok(near(whole, PANEL) > sum(whole.values()) / 4 and near(dark, NIGHT) > sum(dark.values()) / 4 and near(dark, PANEL) == 0,
           'light and dark are')
    alone = colours(browser.picture(page, '#,,light,edu0', os.path.join(out, 'edu0.png')), .2, .9)
    tap.ok(near(whole, AMBER) > 20 and near(alone, AMBER) < near(whole, AMBER) / 20 and near(alone, BLUE) > 100,
           'with a filter the other interrupt is not in the picture', f'{near(whole, AMBER)} {near(alone, AMBER)} {near(alone, BLUE)}')


def test_other_pages(browser, made_up_page):
    said, dom = browser.check(os.path.join(made_up_page, 'timeline.html'))
    tap.ok(said['ready'] and said['count'] == {**said['count'], 'edge': 2, 'handler': 2, 'flow': 2, 'retiring': 1, 'trouble': 1, 'unseen': 0},
           'a small trace is drawn too', str(said))
    tap.ok('one&lt;two' in dom and '<two' not in dom.replace('u003ctwo', ''), 'a name is text, whatever is in it')
    said, dom = browser.check(os.path.join(work, 'dropped', 'timeline.html'))
    tap.ok(said['ready'] and said.get('dropped') == 13 and '13 events were overwritten' in dom, 'the page says what was dropped', str(said))


# What a hand does, in a copy of the page that does it to itself.
HAND = """
<script>
'use strict';
(() => {
  const said = {}, say = (name, value) => { said[name] = value; };
  const key = (k, more = {}) => dispatchEvent(new KeyboardEvent('keydown', { key: k, ...more }));
  const at = (type, x, y, more = {}) => { const r = main.getBoundingClientRect();
    main.dispatchEvent(new (type === 'wheel' ? WheelEvent : PointerEvent)(type,
      { clientX: r.left + x, clientY: r.top + y, pointerId: 1, bubbles: true, cancelable: true, ...more })); };
  main.setPointerCapture = () => {};
  const span = () => view.b - view.a, run = s => { const h = s.hart; return [(X(s.t0[5]) + X(s.t1[5])) / 2, rowY(h, 1) + 4]; };
  const wait = () => new Promise(done => setTimeout(done, 400));
  (async () => {
    while (!JSON.parse($('check').textContent || '{}').ready) await wait();
    const whole = span();
    at('wheel', 600, 100, { deltaY: -400 }); await wait(); say('wheel zooms', span() < whole);
    key('0'); await wait(); say('0 shows all', Math.abs(span() - whole) < 1);
    key('+'); key('+'); await wait(); const a = view.a; key('ArrowRight'); await wait(); say('arrows pan', view.a > a);
    at('pointerdown', 500, 100); at('pointermove', 700, 100); at('pointerup', 700, 100); await wait(); say('a drag pans back', view.a < a + 1);
    const s = series.find(x => x.kind === 'handler' && x.t0.length > 8);
    look(s.t0[5] - 2000, s.t1[5] + 2000); await wait();
    at('pointermove', ...run(s)); await wait();
    say('a run has a tip', $('tip').style.display === 'block' && /handler run/.test($('tip').textContent) && /edges seen/.test($('tip').textContent));
    at('pointerdown', ...run(s)); at('pointerup', ...run(s)); await wait(); say('a click holds it', held && held.s === s && held.i === 5);
    const t = s.t0[5]; key('n'); await wait(); say('n goes to the next', held.s.irq === s.irq && held.s.t0[held.i] > t);
    key('p'); await wait(); say('p goes back', held.s.t0[held.i] === t);
    key('Escape'); await wait(); say('escape lets go', held === null);
    key('1', { code: 'Digit1' }); await wait(); say('1 hides the first', !irqList[0].on && drawn.handler < 1e9 && /edu1/.test(location.hash));
    key('1', { code: 'Digit1' }); key('1', { code: 'Digit1', altKey: true }); await wait(); say('alt-1 shows it alone', irqList.every((x, i) => x.on === (i === 0)));
    key('1', { code: 'Digit1', altKey: true }); await wait(); say('and all again', irqList.every(x => x.on));
    const dark = colors.dark; key('t'); await wait(); say('t changes the theme', colors.dark !== dark);
    key('?'); say('? helps', $('help').style.display === 'block'); key('Escape'); say('and is gone', $('help').style.display === 'none');
    const waits = f => flows.t1[f] - flows.t0[f], all = [...Array(flows.n).keys()].map(waits).sort((x, y) => y - x);
    const heldWaits = () => Math.max(...related(held).map(waits));
    key('0'); await wait(); key('l'); await wait(); say('l holds the longest', held.s.kind === 'edge' && heldWaits() === all[0]);
    say('and shows all of it', view.a < held.s.t0[held.i] && view.b > held.s.t0[held.i] + all[0]);
    key('l'); await wait(); say('l again the next', heldWaits() === all[1] || all[0] === all[1]);
    key('Escape'); key('0'); await wait(); $('status').querySelector('button').click(); await wait(); say('so does a click', heldWaits() === all[0]);
    const off = series.find(x => x.kind === 'state' && [...x.rec].some(i => head.names.hart[R.arg[i]] === 'offline'));
    const o = [...off.rec].findIndex(i => head.names.hart[R.arg[i]] === 'offline'), mid = (off.t0[o] + off.t1[o]) / 2;
    look(mid - 1000, mid + 1000); await wait(); at('pointermove', X(mid), rowY(off.hart, 0) + 2); await wait();
    say('an offline hart has a tip', new RegExp(`hart ${off.hart}: offline.*lasts`).test($('tip').textContent)); key('Escape'); key('0'); await wait();
    key('f'); await wait(); say('f hides curves', drawn.flow === 0); key('f');
    key('0'); await wait();
    at('pointerdown', 300, 100, { shiftKey: true }); at('pointermove', 500, 100); at('pointerup', 500, 100); await wait(); say('shift-drag zooms', span() < whole / 2);
    key('0'); await wait(); at('pointermove', 600, rowY(1, 1) + 10); await wait();
    const r = overview.getBoundingClientRect();
    overview.setPointerCapture = () => {};
    for (const [type, x] of [['pointerdown', 300], ['pointermove', 400], ['pointerup', 400]])
      overview.dispatchEvent(new PointerEvent(type, { clientX: r.left + x, clientY: r.top + 9, pointerId: 1 }));
    await wait(); say('the overview chooses', span() < whole / 4);
    for (let i = 0; i < 80; i++) key('+'); await wait(); say('zoom ends', span() >= 199);
    for (let i = 0; i < 80; i++) key('-'); await wait(); say('both ways', span() <= head.end * 1.03);
    say('without an error', errors.length === 0);
    document.body.dataset.said = JSON.stringify(said);
  })().catch(e => { said[String(e)] = false; document.body.dataset.said = JSON.stringify(said); });
})();
</script>
"""


def test_hand(browser, out):
    page = os.path.join(out, 'hand.html')
    with open(os.path.join(out, 'timeline.html'), encoding='utf-8') as f:
        text = f.read()
    with open(page, 'w', encoding='utf-8') as f:
        # Without a screen to fill, frames stop coming.
        f.write(text.replace('<head>', '<head><script>window.requestAnimationFrame = f => setTimeout(f, 10);</script>') + HAND)
    m = re.search(r'<body data-said="(.*?)"', browser.run(page, '#,,light', '--dump-dom'))
    said = json.loads(html.unescape(m[1])) if m else {}
    os.remove(page)
    tap.ok(len(said) == 26 and all(said.values()), 'wheel, keys and pointer do what the help says',
           'not: ' + ', '.join(k for k, v in said.items() if not v) if said else 'no answer')


PLAN = 5 + 16 + 8 + 6 + 5 + 1 + 3


def main():
    print(f'1..{PLAN}')
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    out, doc = test_run()
    test_broken(doc)
    made_up_page = test_made_up()
    browser = Browser()
    if browser.path:
        test_page(browser, out, doc)
        test_pictures(browser, out, doc)
        test_hand(browser, out)
        test_other_pages(browser, made_up_page)
    else:
        for i in range(15):
            tap.skip(f'page {i}', 'no headless browser to be had here: scripts/setup')
    return 1 if tap.bad else 0


if __name__ == '__main__':
    try:
        sys.exit(main())
    except Exception: # the plan tells that something is missing
        traceback.print_exc()
        sys.exit(1)
