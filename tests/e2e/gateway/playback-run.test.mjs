// A recorded run served to an agent under test: as long as it does what was done it gets what was got, and the first call that
// differs is named.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { clients, drive } from '../clients/drive.mjs';
import { binary } from '../lib/bailiwick.mjs';
import { atTheDesk } from '../lib/behind.mjs';
import { start } from '../lib/children.mjs';
import { scratch } from '../lib/scratch.mjs';
import { until } from '../lib/until.mjs';

const rules = [{ id: 'no.tickets', match: { tool: 'desk/list_tickets' }, effect: 'deny', reason: 'Nobody lists tickets.' }];

let front, gateway, run, answers;
before(async () => {
  front = await atTheDesk({ rules });
  gateway = front.gateway;
  answers = [];
  for (const [tool, args] of [
    ['get_ticket', { ticket: 'T-501' }],
    ['list_tickets', {}],
    ['get_customer', { customer: 'C-1001' }],
  ]) {
    answers.push(await front.caller.call(tool, args, { run: 'recorded' }));
  }
  run = answers[0].receipt.run;
  await front.server.stop(); // what is played back needs no upstream
});
after(() => front.stop());

/** Serves the run; `end` stops it, if it has not ended by itself, and answers with { code, ended }. */
const playback = async (...words) => {
  const child = await start(binary, ['runs', 'replay', run, '--data', gateway.data, '--serve', '127.0.0.1:0', '--json', ...words]);
  let text = '';
  child.child.stdout.on('data', (piece) => (text += piece));
  const closed = once(child.child, 'close');
  const end = async () => {
    child.stop('SIGINT');
    const [code] = await closed;
    return { code, ended: JSON.parse(text.trim().split('\n').at(-1)) };
  };
  return { ...child, end };
};

const textOf = (result) => result.content.map(({ text }) => text).join('');

describe('a recorded run played back', () => {
  for (const client of ['sdk-v1', 'sdk-v2-auto']) {
    test(`to ${client}, call by call`, async () => {
      const played = await playback();
      const endpoint = { url: played.url, token: played.token };
      const call = async (tool, args) => (await drive(client, endpoint, { tool, args })).call;
      assert.equal(textOf(await call('get_ticket', { ticket: 'T-501' })), textOf(answers[0].result));
      assert.match(textOf(await call('list_tickets', {})), /NOT EXECUTED.*Nobody lists tickets/);
      assert.equal(textOf(await call('get_customer', { customer: 'C-1001' })), textOf(answers[2].result));
      const { code, ended } = await played.end();
      assert.deepEqual({ code, ended }, { code: 0, ended: { event: 'ended', played: 3, steps: 3 } });
    });
  }

  test('the first call that differs is named, and ends it', async () => {
    const played = await playback();
    const endpoint = { url: played.url, token: played.token };
    await drive('sdk-v2-auto', endpoint, { tool: 'get_ticket', args: { ticket: 'T-501' } });
    const { call } = await drive('sdk-v2-auto', endpoint, { tool: 'get_ticket', args: { ticket: 'T-502' } });
    assert.match(textOf(call), /step 2: the record has desk\/list_tickets, and the agent asks for desk\/get_ticket/);
    const { code, ended } = await played.end();
    assert.equal(code, 1);
    assert.equal(ended.played, 1);
    assert.deepEqual(ended.diverged, { step: 2, recorded: 'desk/list_tickets', asked: 'desk/get_ticket', arguments: [] });
  });

  test('an argument that differs is named by its path', async () => {
    const played = await playback();
    await drive('sdk-v2-auto', { url: played.url, token: played.token }, { tool: 'get_ticket', args: { ticket: 'T-502' } });
    const { ended } = await played.end();
    assert.deepEqual(ended.diverged.arguments, [{ path: 'ticket', recorded: 'T-501', asked: 'T-502' }]);
  });

  test('an agent that ends early has not played the run', async () => {
    const { code, ended } = await (await playback()).end();
    assert.deepEqual({ code, played: ended.played }, { code: 1, played: 0 });
  });

  describe('to an agent that starts it as a child process', () => {
    const report = () => join(scratch('playback'), 'report.json');
    const connect = (client, file) =>
      clients[client]({ command: [binary, 'runs', 'replay', run, '--data', gateway.data, '--serve', 'stdio', '--report', file] });
    /** How it ended; the file is there when the child is gone, which close() does not wait for. */
    const ended = async (file) => {
      await until('the report is written', () => existsSync(file));
      return JSON.parse(readFileSync(file, 'utf8'));
    };

    for (const client of ['sdk-v1', 'sdk-v2', 'sdk-v2-auto']) {
      test(`${client}, call by call`, async () => {
        const file = report();
        const child = await connect(client, file);
        const tools = (await child.listTools()).map(({ name }) => name);
        assert.ok(tools.includes('get_ticket') && tools.includes('list_tickets'));
        assert.equal(textOf(await child.callTool('get_ticket', { ticket: 'T-501' })), textOf(answers[0].result));
        assert.match(textOf(await child.callTool('list_tickets', {})), /NOT EXECUTED.*Nobody lists tickets/);
        assert.equal(textOf(await child.callTool('get_customer', { customer: 'C-1001' })), textOf(answers[2].result));
        await child.close();
        assert.deepEqual(await ended(file), { event: 'ended', played: 3, steps: 3 });
      });
    }

    test('the first call that differs is answered with an error, and so is every one after it', async () => {
      const file = report();
      const child = await connect('sdk-v1', file);
      assert.match(textOf(await child.callTool('get_ticket', { ticket: 'T-502' })), /step 1: desk\/get_ticket with other arguments/);
      assert.match(textOf(await child.callTool('get_ticket', { ticket: 'T-501' })), /the run left its record before/);
      await child.close();
      const { played, diverged } = await ended(file);
      assert.deepEqual([played, diverged.step, diverged.arguments], [0, 1, [{ path: 'ticket', recorded: 'T-501', asked: 'T-502' }]]);
    });

    test('its exit code and standard error say how it ended too', async () => {
      const { code, stdout, stderr } = await gateway.cli('runs', 'replay', run, '--serve', 'stdio');
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(stderr, /0 of 3 steps played/);
    });
  });

  test('it is served to this machine alone, and not to other tokens', async () => {
    const { code, stderr } = await gateway.cli('runs', 'replay', run, '--serve', '0.0.0.0:0');
    assert.equal(code, 2);
    assert.match(stderr, /beyond loopback/);
    const played = await playback();
    const { status } = await fetch(played.url, { method: 'POST', headers: { authorization: 'Bearer other' }, body: '{}' });
    assert.equal(status, 401);
    await played.end();
  });
});
