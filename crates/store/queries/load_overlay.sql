-- All private flags of account $2 in mailbox $1, when they changed as far as the log knows, and the
-- mod-sequence as of which they are that. One statement, so one moment.
with chunk as (
  -- What everybody began with, and where the account has the opposite of it.
  select f.flag, f.chunk, bit_xor(f.bits) as bits
    from user_flags f
   where f.account in (0, $2) and f.mailbox = $1
   group by f.flag, f.chunk
)
select m.modseq,
       array(select c.flag from chunk c order by c.flag, c.chunk) as "chunk_flags!",
       array(select c.chunk from chunk c order by c.flag, c.chunk) as "chunk_numbers!",
       array(select bit_send(c.bits) from chunk c order by c.flag, c.chunk) as "chunk_bits!",
       array(select c.modseq from change c
              where c.mailbox = $1 and c.kind = 4 /* change: private */ and c.account = $2
              order by c.modseq) as "change_modseqs!",
       array(select c.uids::text from change c
              where c.mailbox = $1 and c.kind = 4 /* change: private */ and c.account = $2
              order by c.modseq) as "change_uids!"
  from mailbox m
 where m.id = $1
