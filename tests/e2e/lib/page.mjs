// A page of documentation as a test: its shell blocks run in order in one shell, and print what the page says they print.
//
// A ```sh block must end well. A ```text block right after it is everything that it prints, sooner or later: `…` stands for
// any text in a line, and on a line of its own for any lines. In a command, `tkt_…` (and so on) is the id that begins so and was
// printed last. A comment on the line before a block says what is special about it, and readers do not see it:
//
//   <!-- not run: WHY -->          it can not be run here
//   <!-- exits 1 -->               it ends with this code, and shows how a failure looks
//   <!-- again until it matches -->    what it asks about takes a moment; it must be a question
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { until } from './until.mjs';

/** The fenced blocks of a page, in order: [{ language, text, line, notRun, exits, again, expected }]. */
export function blocksOf(page) {
  const blocks = [];
  let open, comment, last;
  page.split('\n').forEach((line, index) => {
    const fence = /^```(\w*)$/.exec(line);
    if (open && line !== '```') open.lines.push(line);
    else if (open) {
      const text = open.lines.join('\n');
      if (open.language === 'text' && last) last.expected = text;
      last = open.language === 'text' ? undefined : { language: open.language, text, line: open.line, ...remark(open) };
      if (last) blocks.push(last);
      open = undefined;
    } else if (fence) {
      open = { language: fence[1], line: index + 1, comment, lines: [] };
      comment = undefined;
    } else {
      if (line !== '') last = undefined;
      comment = /^<!-- (.*) -->$/.exec(line)?.[1];
    }
  });
  return blocks;
}

function remark({ comment = '', line }) {
  const [, notRun] = /^not run: (.+)$/.exec(comment) ?? [];
  const [, exits] = /^exits (\d+)$/.exec(comment) ?? [];
  const again = comment === 'again until it matches';
  if (comment && !notRun && !exits && !again) throw new Error(`line ${line}: a block's comment says \`${comment}\``);
  return { notRun, exits: Number(exits ?? 0), again };
}

/** Whether `printed` is what a ```text block shows. */
export function matches(expected, printed) {
  const lines = expected.trim().split('\n').map((line) => {
    if (line === '…') return '(?:.*\n)*?';
    return line.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*') + '\n';
  });
  return new RegExp(`^${lines.join('')}$`).test(`${printed.trim()}\n`);
}

// Blocks arrive on descriptor 4, each ended by NUL; on 3 leaves how each ended: 0, or how the last command that failed did.
const shellLoop = `
exec 2>&1
trap 'failed=$?' ERR
while IFS= read -r -d '' -u 4 block; do
  failed=0
  eval "$block"
  printf '%s\\n' "$failed" >&3
done`;

/** A shell for the blocks of one page. `run(block)` throws, with what was printed, when that is not what the page says. */
export function shellFor({ cwd, env }) {
  const stdio = ['ignore', 'pipe', 'inherit', 'pipe', 'pipe'];
  const shell = spawn('bash', ['-c', shellLoop], { cwd, env, stdio, detached: true });
  const gone = once(shell, 'exit');
  let before = ''; // what was printed up to the block that runs
  let printed = '';
  shell.stdout.setEncoding('utf8').on('data', (piece) => (printed += piece));
  let codes = '';
  shell.stdio[3].setEncoding('utf8').on('data', (piece) => (codes += piece));

  const filledIn = (text) =>
    text.replace(/\b([a-z]{3}_)…/g, (_, prefix) => {
      const found = before.match(new RegExp(`\\b${prefix}[a-z0-9]{26}\\b`, 'g'));
      if (!found) throw new Error(`no ${prefix}… was printed before`);
      return found.at(-1);
    });

  const execute = async (block) => {
    before += printed;
    const text = filledIn(block.text);
    printed = codes = '';
    shell.stdio[4].write(`${text}\0`);
    await until(() => `line ${block.line} does not end; it printed\n${printed}`, () => codes.endsWith('\n'));
    const code = Number(codes);
    if (code !== block.exits) throw new Error(`line ${block.line} exits with ${code}; it printed\n${printed}`);
  };

  return {
    async run(block) {
      const good = () => block.expected === undefined || matches(block.expected, printed);
      const complaint = () => `line ${block.line} should print\n${block.expected}\nand printed\n${printed}`;
      if (block.again) return until(complaint, async () => (await execute(block), good()));
      await execute(block);
      await until(complaint, good, { seconds: 20 });
    },
    /** The value of a variable. */
    async variable(name) {
      await execute({ text: `printf '%s' "$${name}"`, line: 0, exits: 0 });
      return until(() => `no ${name}`, () => printed);
    },
    /** Ends the shell and all that was started in it. */
    async end() {
      process.kill(-shell.pid, 'SIGKILL');
      await gone;
    },
  };
}
