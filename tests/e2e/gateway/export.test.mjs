// Evidence for somebody who has neither the ledger nor trust in its keeper: what `audit export` writes is accepted by ours and by a
// script of Python's own library and openssl, and each kind of tampering is refused by both, by name.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createHash } from 'node:crypto';
import { appendFileSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clients } from '../clients/drive.mjs';
import { bailiwick } from '../lib/bailiwick.mjs';
import { run } from '../lib/children.mjs';
import { approvalOf, governed, profiles, receiptOf, ticketOf } from '../lib/governed.mjs';
import { repository } from '../lib/paths.mjs';
import { agent as agentName } from '../lib/registry.mjs';
import { scratch } from '../lib/scratch.mjs';
import { until } from '../lib/until.mjs';

const emergency = {
  kind: 'Workflow', name: 'break-glass', accountable: 'ben', agents: [agentName], autonomy: 'production',
  may: { environments: ['sandbox'], tools: ['fixture/*'], resources: ['*'], prompts: ['*'] },
};
const short = { kind: 'Retention', name: 'short', keep: '1s' };
const nasty = '<script>alert("1")</script>';

let front, gateway, key, folder, middle, work;
const out = (name) => join(work, name);
const json = async (...words) => JSON.parse(await gateway.must(...words, '--json'));
const script = (at, by = key) => run('python3', [join(at, 'verify.py'), at, by]);
const ours = (at, ...more) => gateway.cli('verify', '--export', at, '--key', key, '--json', ...more);
const read = (at, name) => readFileSync(join(at, name), 'utf8');
const statement = (at) => JSON.parse(read(at, 'export.json'));
/** An export of all that was written so far, which is when a checkpoint stands for it. */
const complete = (name, ...more) =>
  until('a checkpoint of all entries', async () => {
    rmSync(out(name), { recursive: true, force: true });
    const said = await json('audit', 'export', '--out', out(name), ...more);
    return said.newer === 0 && said;
  });

/** Both verifiers' words on a folder: the exit code and the finding. */
async function verdicts(at, ...more) {
  const [mine, theirs] = await Promise.all([ours(at, ...more), script(at)]);
  return {
    ours: [mine.code, mine.code === 0 ? '' : JSON.parse(mine.stdout).finding ?? ''],
    script: [theirs.code, /\[(\w+)\]$/.exec(theirs.stderr.trim())?.[1] ?? theirs.stderr],
    said: mine.stderr + theirs.stderr,
  };
}

before(async () => {
  front = await governed({ documents: [emergency, short], profiles: { ...profiles, add: { retention: 'short' } } });
  ({ gateway } = front);
  work = scratch('export');
  key = await gateway.must('key', 'show');
  const client = await clients['sdk-v2'](front.endpoint);
  const ask = (verb, ticket) => gateway.must(verb, ticket, '--by', 'ana', '--reason', `looked at it ${nasty}`);

  await client.callTool('large', { bytes: 10 });
  // Held before the middle, decided and carried out after it.
  const across = await client.callTool('touch', { uri: 'test://across' });
  await client.callTool('large', { bytes: 11 });
  middle = new Date().toISOString();
  await until('the next millisecond', () => new Date().toISOString() > middle);
  await ask('approve', ticketOf(across));
  const done = await client.callTool('bailiwick_await', { ticket: ticketOf(across) });
  assert.equal(receiptOf(done).outcome ?? 'succeeded', 'succeeded');

  await client.callTool('large', { bytes: 5000 });
  await client.callTool('echo', { message: nasty });
  const no = await client.callTool('touch', { uri: `test://${nasty}` });
  await ask('deny', ticketOf(no));
  await gateway.must('kill', 'tool:fixture/echo', '--reason', 'drill');
  await client.callTool('echo', { message: 'while killed' });
  await client.close();
  const urgent = await clients['sdk-v2']({ url: gateway.mcp, token: await gateway.token(agentName, 'break-glass') });
  await urgent.callTool('large', { bytes: 20 });
  await urgent.close();
  await complete('all');
  assert.ok(approvalOf(across));
});
after(() => front.stop());

describe('an export of everything', () => {
  test('is written beside the running server and accepted by both', async () => {
    const said = await json('audit', 'export', '--out', (folder = out('whole')));
    assert.deepEqual([said.missing, said.newer, said.approvals], [0, 0, 2]);
    const { ours: mine, script: theirs, said: words } = await verdicts(folder);
    assert.deepEqual([mine[0], theirs[0]], [0, 0], words);
    assert.ok(!existsSync(`${folder}.unfinished`));
  });

  test('has the decisions of people and what did not go the ordinary way', () => {
    const lines = (name) => read(folder, name).trim().split('\n').map((line) => JSON.parse(line));
    const [approved, denied] = lines('approvals');
    assert.deepEqual([approved.decision, approved.by, approved.tool], ['approved', 'ana', 'fixture/touch']);
    assert.deepEqual([denied.decision, denied.reason], ['denied', `looked at it ${nasty}`]);
    const kinds = lines('exceptions').map(({ kind }) => kind);
    for (const kind of ['refusal', 'switch', 'break-glass']) assert.ok(kinds.includes(kind), `${kind} in ${kinds}`);
    assert.equal(lines('exceptions').filter(({ what }) => what?.startsWith('killed')).length, 1);
    const { registries } = statement(folder);
    const registry = JSON.parse(read(folder, `registry/${registries[0]}.json`));
    assert.deepEqual(Object.keys(registry.Person), ['ana', 'ben', 'rita']);
    assert.equal(createHash('sha256').update(read(folder, `registry/${registries[0]}.json`)).digest('hex'), registries[0]);
    assert.ok(readdirSync(join(folder, 'tools')).length > 5);
  });

  test('has a page that shows what came from outside, and runs none of it', () => {
    const page = read(folder, 'index.html');
    assert.ok(page.includes('&lt;script&gt;'));
    assert.ok(!/<script/i.test(page));
    assert.match(page, /default-src 'none'/);
    for (const text of ['Decisions of people', 'break-glass', 'fixture/touch', 'ana']) assert.ok(page.includes(text), text);
    assert.ok(!/(?:src|href)="(?!registry\/)/.test(page), 'nothing from elsewhere');
  });

  test('is not written over anything, and not half', async () => {
    const { code, stderr } = await gateway.cli('audit', 'export', '--out', folder);
    assert.equal(code, 1);
    assert.match(stderr, /is not empty; name a new folder/);
    const backwards = await gateway.cli('audit', 'export', '--out', out('none'), '--from', '1h', '--to', '2h');
    assert.equal(backwards.code, 1);
    assert.ok(!existsSync(out('none')));
  });

  test('is not accepted with another key', async () => {
    const other = await bailiwick({ registry: join(repository, 'examples/refunds') });
    const strange = await other.must('key', 'show');
    await other.stop();
    assert.equal((await gateway.cli('verify', '--export', folder, '--key', strange)).code, 1);
    const theirs = await script(folder, strange);
    assert.deepEqual([theirs.code, /\[forged\]/.test(theirs.stderr)], [1, true]);
  });
});

describe('an export of a period', () => {
  test('rests on what came before it, and continues a checkpoint that somebody kept', async () => {
    const at = out('later');
    await json('audit', 'export', '--from', middle, '--out', at);
    const { ours: mine, script: theirs, said } = await verdicts(at, '--head', join(out('all'), 'checkpoint'));
    assert.deepEqual([mine[0], theirs[0]], [0, 0], said);
    const { begin, first, receipts, registries } = statement(at);
    assert.ok(begin > 0 && first === begin - 1);
    assert.ok(receipts.length > 0 && receipts.every((seq) => seq < first), `${receipts}`);
    assert.equal(registries.length, 1);
    assert.match(read(at, 'approvals'), /"decision":"approved"/);
    for (const seq of receipts) await gateway.must('verify', '--receipt', join(at, `receipts/${seq}`), '--key', key);
  });

  test('may be one in which nothing happened', async () => {
    for (const [name, ...period] of [
      ['before', '--to', '2020-01-01T00:00:00Z'],
      ['future', '--from', '2999-01-01T00:00:00Z'],
    ]) {
      const said = await json('audit', 'export', ...period, '--out', out(name));
      assert.deepEqual([said.entries, said.actions], [0, 0]);
      const { ours: mine, script: theirs, said: words } = await verdicts(out(name));
      assert.deepEqual([mine[0], theirs[0]], [0, 0], words);
    }
  });

  test('says when a checkpoint is of a time that it says nothing about', async () => {
    await gateway.must('unkill', 'tool:fixture/echo');
    await complete('grown');
    const { code, stderr } = await gateway.cli('verify', '--export', out('later'), '--key', key, '--head', join(out('grown'), 'checkpoint'));
    assert.equal(code, 1);
    assert.match(stderr, /export again from before it/);
  });
});

describe('an export of a workflow', () => {
  test('omits none of its entries, and shows those of others without their contents', async () => {
    const at = out('one');
    await json('audit', 'export', '--workflow', 'break-glass', '--out', at);
    const { ours: mine, script: theirs, said } = await verdicts(at);
    assert.deepEqual([mine[0], theirs[0]], [0, 0], said);
    const told = statement(at);
    assert.deepEqual([told.actions, told.others.hashes], [1, 0]);
    assert.ok(told.others.shown > 5);
    assert.match(told.proven.join(' '), /No entry of workflow break-glass in the period is left out/);
    assert.ok(!read(at, 'contents').includes('across'));
    assert.ok(!read(at, 'index.html').includes('across'));
  });

  test('can conceal them, and then says what is not proven', async () => {
    const at = out('concealed');
    await json('audit', 'export', '--workflow', 'break-glass', '--conceal', '--out', at);
    const { ours: mine, script: theirs, said } = await verdicts(at);
    assert.deepEqual([mine[0], theirs[0]], [0, 0], said);
    const told = statement(at);
    assert.ok(told.others.hashes > 5);
    assert.match(told.not_proven.join(' '), /of which only the hash is here/);
    const lines = read(at, 'entries').split('\n');
    assert.ok(!lines.some((line) => line.includes('"act":') && line.includes('"wf":"testing"')));
    assert.equal((await gateway.cli('audit', 'export', '--conceal', '--out', out('nothing'))).code, 1);
  });
});

describe('an export after erasures', () => {
  test('says by which entry, and still proves who decided', async () => {
    const denied = JSON.parse(read(folder, 'approvals').trim().split('\n')[1]);
    await gateway.must('redact', denied.action, '--field', 'text', '--reason', 'asked for', '--by', 'ana');
    const client = await clients['sdk-v2'](front.endpoint);
    await client.callTool('add', { a: 1, b: 2 });
    await client.close();
    const at = out('erased');
    const exported = () => read(at, 'contents').trim().split('\n').map((line) => JSON.parse(line));
    await until('the text is gone, and the time of what was sent, explained and answered is over', async () => {
      await gateway.must('prune');
      await complete('erased');
      return exported().filter((one) => one.erased).length === 4;
    });
    assert.match(read(at, 'entries'), /"cause":"expired"/);
    const { ours: mine, script: theirs, said } = await verdicts(at);
    assert.deepEqual([mine[0], theirs[0]], [0, 0], said);
    const contents = exported();
    const of = (field) => contents.filter((one) => one.entry === denied.asked_entry && one.field === field)[0];
    assert.equal(typeof of('text').erased, 'number');
    assert.equal(of('reviewers').value, '["ana"]');
  });
});

describe('tampering', () => {
  const lines = (at, name, change) => {
    const all = read(at, name).split('\n');
    change(all);
    writeFileSync(join(at, name), all.join('\n'));
  };
  const number = (all, text) => all.findIndex((line) => line.includes(text));
  /** Whoever tampers makes the digests in export.json right again. */
  const redigest = (at) => {
    const told = statement(at);
    for (const name of Object.keys(told.files)) {
      if (existsSync(join(at, name))) told.files[name] = createHash('sha256').update(readFileSync(join(at, name))).digest('hex');
    }
    writeFileSync(join(at, 'export.json'), JSON.stringify(told) + '\n');
  };
  const restate = (at, change) => {
    const told = statement(at);
    change(told);
    writeFileSync(join(at, 'export.json'), JSON.stringify(told) + '\n');
  };

  // Each: what is done, and the words of ours and of the script.
  const cases = {
    'an entry taken out': [(at) => lines(at, 'entries', (all) => all.splice(3, 1)), 'reordered', 'reordered'],
    'the last entry taken out': [(at) => lines(at, 'entries', (all) => all.splice(all.length - 2, 1)), 'missing', 'missing'],
    'two entries exchanged': [(at) => lines(at, 'entries', (all) => ([all[3], all[4]] = [all[4], all[3]])), 'reordered', 'reordered'],
    'an entry added': [(at) => appendFileSync(join(at, 'entries'), read(at, 'entries').split('\n')[0] + '\n'), 'surplus', 'surplus'],
    'another amount of entries': [(at) => restate(at, (told) => (told.end -= 1, told.last -= 1)), 'changed_summary', 'changed_summary'],
    'an entry changed': [(at) => lines(at, 'entries', (all) => {
      const i = number(all, '"k":"refusal"');
      all[i] = all[i].replace('"refused":"policy"', '"refused":"killed"');
    }), 'broken_chain forked', 'broken_chain forked'],
    'an entry dated back': [(at) => lines(at, 'entries', (all) => {
      all[8] = all[8].replace(/"t":"\d+/, '"t":"2001');
    }), 'backdated', 'backdated'],
    'an entry hidden behind its hash': [(at) => lines(at, 'entries', (all) => {
      all[5] = createHash('sha256').update('\0').update(all[5]).digest('hex');
    }), 'missing', 'missing'],
    'other arguments': [(at) => lines(at, 'contents', (all) => {
      const i = number(all, '\\"bytes\\":10');
      all[i] = all[i].replace('\\"bytes\\":10', '\\"bytes\\":11');
    }), 'swapped_content', 'swapped_content'],
    'another reason of a person': [(at) => lines(at, 'contents', (all) => {
      const i = number(all, 'looked at it');
      all[i] = all[i].replace('looked at it', 'I never saw it');
    }), 'swapped_content', 'swapped_content'],
    'a content taken out': [(at) => lines(at, 'contents', (all) => all.splice(number(all, 'looked at it'), 1)), 'missing_content', 'missing_content'],
    'a content said to be erased': [(at) => lines(at, 'contents', (all) => {
      const i = number(all, 'looked at it');
      const { entry, field } = JSON.parse(all[i]);
      all[i] = JSON.stringify({ entry, field, erased: 3 });
    }), 'missing_content', 'missing_content'],
    'contents erased before their time': [(at) => lines(at, 'entries', (all) => {
      const i = number(all, '"cause":"expired"');
      all[i] = all[i].replace(/"t":"[^"]+"/, /"t":"[^"]+"/.exec(all[i - 1])[0]);
    }), 'forbidden_erasure', 'forbidden_erasure', 'erased'],
    'contents erased by a period that they do not have': [(at) => lines(at, 'entries', (all) => {
      const i = number(all, '"cause":"expired"');
      all[i] = all[i].replace('["short",1000]', '["short",10]');
    }), 'forbidden_erasure', 'forbidden_erasure', 'erased'],
    'another who decided, of a request that is gone': [(at) => lines(at, 'entries', (all) => {
      const i = number(all, '"state":"denied"');
      all[i] = all[i].replace('"by":"ana"', '"by":"rita"');
    }), 'forged_approval', 'forged_approval', 'erased'],
    'a content added': [(at) => lines(at, 'contents', (all) => all.splice(all.length - 1, 0, all[0])), 'surplus', 'surplus'],
    'another policy': [(at) => {
      const name = `registry/${statement(at).registries[0]}.json`;
      writeFileSync(join(at, name), read(at, name).replace('At most 1000 bytes', 'At most 9000 bytes'));
    }, 'swapped_content', 'swapped_content'],
    'a receipt of another entry': [(at) => {
      const [one, two] = statement(at).receipts;
      cpSync(join(at, `receipts/${two}`), join(at, `receipts/${one}`));
    }, 'reordered', 'reordered', 'later'],
    'an approval before the period taken out': [(at) => {
      const hold = statement(at).receipts.find((seq) => Buffer.from(read(at, `receipts/${seq}`).split('\n')[1].slice(6), 'base64').includes('"k":"hold"'));
      restate(at, (told) => {
        told.receipts = told.receipts.filter((seq) => seq !== hold);
        delete told.files[`receipts/${hold}`];
      });
      rmSync(join(at, `receipts/${hold}`));
      lines(at, 'contents', (all) => all.splice(0, all.length, ...all.filter((line) => !line.startsWith(`{"entry":${hold},`))));
    }, 'incomplete broken_chain', 'incomplete broken_chain', 'later'],
    'a hash of the tree changed': [(at) => lines(at, 'tree', (all) => (all[0] = createHash('sha256').digest('base64'))), 'changed_summary forked', 'changed_summary forked', 'later'],
    'another checkpoint': [(at) => cpSync(join(out('all'), 'checkpoint'), join(at, 'checkpoint')), 'changed_summary', 'changed_summary', 'grown'],
    'a checkpoint signed by nobody': [(at) => writeFileSync(join(at, 'checkpoint'), read(at, 'checkpoint').replace(/^(\d+)$/m, '1$1')), '', 'forged'],
    'another period': [(at) => restate(at, (told) => (told.from = '2020-01-01T00:00:00.000Z')), 'changed_summary', 'changed_summary', 'later'],
    'another workflow': [(at) => restate(at, (told) => (told.workflow = 'testing')), 'missing_content', 'missing_content', 'one'],
    'other counts': [(at) => restate(at, (told) => (told.kinds.refusal = 0)), 'changed_summary', 'changed_summary'],
    'a sentence more': [(at) => restate(at, (told) => told.proven.push('All is well.')), 'changed_summary', null],
    'another page': [(at) => writeFileSync(join(at, 'index.html'), read(at, 'index.html').replace('>denied<', '>approved<')), 'changed_summary', null],
    'a decision left out of the list': [(at) => lines(at, 'approvals', (all) => all.splice(1, 1)), 'changed_summary', null],
    'an exception left out of the list': [(at) => lines(at, 'exceptions', (all) => all.splice(0, 1)), 'changed_summary', null],
    'a file more': [(at) => writeFileSync(join(at, 'note.txt'), 'hello'), 'surplus', 'surplus'],
    'a file less': [(at) => rmSync(join(at, 'index.html')), 'incomplete', 'incomplete'],
  };

  for (const [name, [damage, mine, theirs, of = 'whole']] of Object.entries(cases)) {
    test(name, async () => {
      const at = join(work, `tampered-${createHash('sha256').update(name).digest('hex').slice(0, 8)}`);
      mkdirSync(at);
      cpSync(out(of), at, { recursive: true });
      damage(at);
      redigest(at);
      const found = await verdicts(at);
      assert.equal(found.ours[0], 1, found.said);
      assert.ok(mine.split(' ').includes(found.ours[1]), `ours: ${found.ours[1]}: ${found.said}`);
      // What only repeats the entries is compared by ours alone.
      assert.equal(found.script[0], theirs === null ? 0 : 1, found.said);
      if (theirs !== null) assert.ok(theirs.split(' ').includes(found.script[1]), `script: ${found.script[1]}`);
    });
  }
});
