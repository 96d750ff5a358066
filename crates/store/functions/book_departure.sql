-- Books that messages have left a mailbox: counters, log and tombstones, and keywords without a bit, which
-- go with them. Returns the mailbox's new mod-sequence. The caller holds the mailbox's lock.
create or replace function book_departure(
  _mailbox bigint, _uids bigint[], _sizes integer[], _flags bigint[]
) returns bigint
language plpgsql as $$
declare
  _modseq bigint;
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
  select _mailbox, _modseq, 3 /* change: expunged */, range_agg(int8range(g.uid, g.uid, '[]'))
    from unnest(_uids) as g (uid);

  insert into tombstone as present (mailbox, chunk, bits)
  select _mailbox, g.uid / 8192, bit_or(set_bit(b'0'::bit(8192), (g.uid % 8192)::integer, 1))
    from unnest(_uids) as g (uid)
   group by g.uid / 8192
  on conflict (mailbox, chunk) do update
     set bits = present.bits | excluded.bits;
  if exists (select from unnest(_flags) as g (flags) where g.flags & 32 /* flag: rare */ <> 0) then
    delete from entry_keyword k where k.mailbox = _mailbox and k.uid = any (_uids);
  end if;
  return _modseq;
end
$$;
