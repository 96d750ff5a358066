-- What mailbox $1 logged after mod-sequence $2 for everybody and for account $3, in order.
select m.log_floor,
       array(select c.modseq from change c
              where c.mailbox = $1 and c.modseq > $2 and c.account in (0, $3)
              order by c.modseq, c.kind, c.account) as "modseqs!",
       array(select c.kind from change c
              where c.mailbox = $1 and c.modseq > $2 and c.account in (0, $3)
              order by c.modseq, c.kind, c.account) as "kinds!",
       array(select c.account from change c
              where c.mailbox = $1 and c.modseq > $2 and c.account in (0, $3)
              order by c.modseq, c.kind, c.account) as "accounts!",
       array(select c.uids::text from change c
              where c.mailbox = $1 and c.modseq > $2 and c.account in (0, $3)
              order by c.modseq, c.kind, c.account) as "uids!"
  from mailbox m
 where m.id = $1
