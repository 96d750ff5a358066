-- All private flags of account $2 in mailbox $1, when they changed as far as the log knows, and the
-- mod-sequence as of which they are that. One statement, so one moment.
select m.modseq,
       array(select f.flag from user_flags f
              where f.account = $2 and f.mailbox = m.id order by f.flag, f.chunk) as "chunk_flags!",
       array(select f.chunk from user_flags f
              where f.account = $2 and f.mailbox = m.id order by f.flag, f.chunk) as "chunk_numbers!",
       array(select bit_send(f.bits) from user_flags f
              where f.account = $2 and f.mailbox = m.id order by f.flag, f.chunk) as "chunk_bits!",
       array(select c.modseq from change c
              where c.mailbox = $1 and c.kind = 4 and c.account = $2
              order by c.modseq) as "change_modseqs!",
       array(select c.uids::text from change c
              where c.mailbox = $1 and c.kind = 4 and c.account = $2
              order by c.modseq) as "change_uids!"
  from mailbox m
 where m.id = $1
