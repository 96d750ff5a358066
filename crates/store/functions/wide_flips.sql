-- Which private flags of which messages wide edits change: bits to turn, by chunks of UIDs. Whatever such an edit spans, it is
-- told from the bits alone, and no entry is read: every UID that was given out is a message's, or has its tombstone. The caller
-- holds the mailbox's lock.
create or replace function wide_flips(_mailbox bigint, _edits private_flag_edit[], _flags integer[])
returns table (account bigint, flag integer, chunk integer, bits bit)
language plpgsql stable as $$
#variable_conflict use_column
declare
  _ones bit(8192) := ~b'0'::bit(8192);
  _last bigint := (select m.uid_next - 1 from mailbox m where m.id = _mailbox);
begin
  return query
  with piece as (
    select r.account, b.flag, c.number as chunk, bit_or(s.bits) as touched,
           coalesce(bit_or(s.bits) filter (where r.add >> b.flag & 1 = 1), b'0'::bit(8192)) as wanted
      from unnest(_edits) as r
      join unnest(_flags) as b (flag) on (~r.keep | r.add) >> b.flag & 1 = 1
     cross join generate_series(r.low / 8192, least(r.high, _last) / 8192) as c (number)
     cross join lateral (
           select (_ones >> greatest(r.low - c.number * 8192, 0)::integer)
                  & (_ones << greatest(8191 - (least(r.high, _last) - c.number * 8192), 0)::integer) as bits) s
     group by r.account, b.flag, c.number
  ), flip as (
    select p.account, p.flag, p.chunk::integer as chunk,
           p.touched & ~coalesce(t.bits, b'0'::bit(8192)) & (p.wanted # coalesce(f.bits, b'0'::bit(8192))) as bits
      from piece p
      left join tombstone t on t.mailbox = _mailbox and t.chunk = p.chunk
      left join lateral (
           select bit_xor(f.bits) as bits
             from user_flags f
            where f.account in (0, p.account) and f.mailbox = _mailbox and f.flag = p.flag and f.chunk = p.chunk) f on true
  )
  select f.account, f.flag, f.chunk, f.bits
    from flip f
   where bit_count(f.bits) > 0;
end
$$;
