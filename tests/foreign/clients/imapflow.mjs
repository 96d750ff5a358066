// imapflow: two people on two frontends; whoever idles hears of arrival, flags and loss.
import { createRequire } from 'node:module';

const require = createRequire(process.cwd() + '/');
const { ImapFlow } = require('imapflow');
const [first, second, mailbox] = JSON.parse(process.argv[2]);

function assert(holds, what) {
    if (!holds) throw new Error(`not so: ${what}`);
}

async function login({ port, user, password }) {
    const client = new ImapFlow({
        host: '127.0.0.1', port, secure: true, logger: false, qresync: true,
        tls: { rejectUnauthorized: false }, auth: { user, pass: password },
    });
    await client.connect();
    return client;
}

/** The next event of that name; the server pushes it while the client idles. */
function next(client, event) {
    return new Promise((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`${event} was not heard`)), 20000);
        client.once(event, heard => { clearTimeout(late); resolve(heard); });
    });
}

const ada = await login(first);
const bo = await login(second);

const names = (await ada.list()).map(one => one.path);
assert(names.includes(mailbox) && names.includes('INBOX'), 'the shared mailbox is listed');

await ada.mailboxOpen(mailbox);
await bo.mailboxOpen(mailbox);
ada.idle();

let heard = next(ada, 'exists');
const { uid } = await bo.append(mailbox, 'Subject: hello\r\n\r\nFrom Bo.\r\n', ['\\Answered']);
assert((await heard).count === 1, 'the arrival is told');

heard = next(ada, 'flags');
await bo.messageFlagsAdd({ uid }, ['\\Flagged', 'work'], { uid: true });
const { flags } = await heard;
assert(flags.has('\\Flagged') && flags.has('work') && flags.has('\\Answered'), 'the flags are told');

const message = await ada.fetchOne(String(uid), { envelope: true, source: true, flags: true }, { uid: true });
assert(message.envelope.subject === 'hello', 'the envelope is read');
assert(message.source.toString().endsWith('From Bo.\r\n'), 'the message is whole');
const found = await ada.search({ flagged: true, subject: 'HELL' }, { uid: true });
assert(found.length === 1 && found[0] === uid, 'it is found');

ada.idle();
heard = next(ada, 'expunge');
await bo.messageDelete({ uid }, { uid: true });
const lost = await heard;
assert(lost.uid === uid || lost.seq === 1, 'the loss is told');

await bo.logout();
await ada.logout();
