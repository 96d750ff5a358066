-- All private flags of account $2 in mailbox $1, when they changed, and the mod-sequence as of which they are that.
-- What the log has forgotten counts as changed where the log begins, so that no mod-sequence ever falls. One
-- statement, so one moment.
with chunk as (
  -- What everybody began with, and where the account has the opposite of it.
  select f.flag, f.chunk, bit_xor(f.bits) as bits
    from user_flags f
   where f.account in (0, $2) and f.mailbox = $1
   group by f.flag, f.chunk
), stamp as (
  select c.modseq, c.uids
    from change c
   where c.mailbox = $1 and c.kind = 4 /* change: private */ and c.account = $2
   union all
  select m.log_floor, range_agg(int8range(greatest(c.chunk * 8192::bigint, 1), (c.chunk + 1) * 8192::bigint))
    from mailbox m
   cross join chunk c
   where m.id = $1 and m.log_floor > 0
   group by m.log_floor
)
select m.modseq,
       array(select c.flag from chunk c order by c.flag, c.chunk) as "chunk_flags!",
       array(select c.chunk from chunk c order by c.flag, c.chunk) as "chunk_numbers!",
       array(select bit_send(c.bits) from chunk c order by c.flag, c.chunk) as "chunk_bits!",
       array(select s.modseq from stamp s order by s.modseq, s.uids) as "change_modseqs!",
       array(select s.uids::text from stamp s order by s.modseq, s.uids) as "change_uids!"
  from mailbox m
 where m.id = $1
