-- When account $1 changed its private flags in each of the mailboxes $2, as far as the log knows.
select c.mailbox as "mailbox!", c.modseq as "modseq!", c.uids as "uids!"
  from unnest($2::bigint[]) as asked (id)
 cross join lateral (
         select c.mailbox, c.modseq, c.uids::text as uids
           from change c
          where c.mailbox = asked.id and c.kind = 4 /* change: private */ and c.account = $1
         offset 0
       ) c
 order by c.mailbox, c.modseq
