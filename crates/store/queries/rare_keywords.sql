-- The keywords without a bit of all messages of mailboxes $1 that have any (ADR 0055): a row for each set of them, since
-- many messages have the same.
select k.mailbox as "mailbox!", k.numbers as "numbers!", array_agg(k.uid) as "uids!"
  from unnest($1::bigint[]) as asked (id)
  join entry_keyword k on k.mailbox = asked.id
 group by k.mailbox, k.numbers
