-- Books that messages have left a mailbox: counters, log and tombstones, and keywords without a bit, which
-- go with them. Returns the mailbox's new mod-sequence. The caller holds the mailbox's lock.
create or replace function book_departure(
  _mailbox bigint, _uids bigint[], _sizes integer[], _flags bigint[]
) returns bigint
language plpgsql as $$
declare
  _nothing constant bit(8192) := b'0'::bit(8192);
  _ranges  int8multirange := ranges_of(_uids);
  _modseq  bigint;
begin
  update mailbox m
     set modseq = m.modseq + 1,
         message_count = m.message_count - gone.messages,
         byte_count = m.byte_count - gone.bytes,
         unseen_count = m.unseen_count - gone.unseen,
         deleted_count = m.deleted_count - gone.deleted
    from (select count(*) as messages, sum(g.size) as bytes,
                 count(*) filter (where g.flags & 8 /* flag: seen */ = 0) as unseen,
                 count(*) filter (where g.flags & 4 /* flag: deleted */ <> 0) as deleted
            from unnest(_sizes, _flags) as g (size, flags)) as gone
   where m.id = _mailbox
  returning m.modseq into _modseq;

  insert into change (mailbox, modseq, kind, uids)
  values (_mailbox, _modseq, 3 /* change: expunged */, _ranges);

  insert into tombstone as present (mailbox, chunk, bits)
  select _mailbox, g.chunk,
         bit_or(case when g.high - g.low = 1 then set_bit(_nothing, g.low, 1)
                     else (~_nothing >> g.low) & (~_nothing << 8192 - g.high)
                end)
    from (select c.number as chunk,
                 (greatest(lower(r), c.number * 8192) - c.number * 8192)::integer as low,
                 (least(upper(r), (c.number + 1) * 8192) - c.number * 8192)::integer as high
            from unnest(_ranges) r
           cross join lateral generate_series(lower(r) / 8192, (upper(r) - 1) / 8192) as c (number)) g
   group by g.chunk
  on conflict (mailbox, chunk) do update
     set bits = present.bits | excluded.bits;
  if exists (select from unnest(_flags) as g (flags) where g.flags & 32 /* flag: rare */ <> 0) then
    delete from entry_keyword k where k.mailbox = _mailbox and k.uid = any (_uids);
  end if;
  return _modseq;
end
$$;
