-- Makes private flags shared. Set is then what anybody saw set, or what all began with; every message
-- that looks different to anybody has changed.
create or replace function unite_flags(_mailbox bigint, _modseq bigint, _flags bigint) returns void
language plpgsql as $$
declare
  _nothing constant bit(8192) := b'0'::bit(8192);
  _uids    bigint[];
  _united  bigint[];
begin
  if _flags = 0 then
    return;
  end if;
  with begun as (
    select f.flag, f.chunk, f.bits
      from user_flags f
     where f.account = 0 and f.mailbox = _mailbox
  ), seen as (
    -- What is set for anybody, and what is set for everybody.
    select f.flag, f.chunk,
           bit_or(case f.account when 0 then f.bits else f.bits # coalesce(b.bits, _nothing) end) as any_bits,
           bit_and(case f.account when 0 then f.bits else f.bits # coalesce(b.bits, _nothing) end)
           & coalesce(bit_and(b.bits), _nothing) as all_bits
      from user_flags f
      left join begun b on b.flag = f.flag and b.chunk = f.chunk
     where f.mailbox = _mailbox
     group by f.flag, f.chunk
  ), message as (
    select e.uid, e.flags | bit_or(b.bit) as united
      from entry e
      join private_flag b on b.bit & _flags <> 0
      left join seen s on s.flag = b.flag and s.chunk = e.uid / 8192
     where e.mailbox = _mailbox
       and (e.flags & b.bit <> 0 or get_bit(s.any_bits, (e.uid % 8192)::integer) = 1)
     group by e.uid, e.flags
    having bool_or(e.flags & b.bit = 0
                   or coalesce(get_bit(s.all_bits, (e.uid % 8192)::integer), 0) = 0)
  )
  select array_agg(m.uid), array_agg(m.united) into _uids, _united from message m;

  delete from user_flags f
   using private_flag b
   where f.mailbox = _mailbox and f.flag = b.flag and b.bit & _flags <> 0;
  if _uids is null then
    return;
  end if;
  update entry e
     set flags = u.flags, modseq = _modseq
    from (select u.uid, u.flags
            from unnest(_uids, _united) as u (uid, flags)
           limit cardinality(_uids)) u
   where e.mailbox = _mailbox and e.uid = u.uid;
  update mailbox m
     set unseen_count = (select count(*) from entry e where e.mailbox = _mailbox and e.flags & 8 /* flag: seen */ = 0)
   where m.id = _mailbox;
  insert into change (mailbox, modseq, kind, uids)
  select _mailbox, _modseq, 2 /* change: flags */, range_agg(int8range(u.uid, u.uid, '[]'))
    from unnest(_uids) as u (uid);
end
$$;
