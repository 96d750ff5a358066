-- Makes shared flags private. Everybody begins with what all saw, so nobody sees a difference.
create or replace function divide_flags(_mailbox bigint, _modseq bigint, _flags bigint) returns void
language plpgsql as $$
declare
  -- All of them, also where nothing is set: nodes may still have bits of an earlier policy in memory.
  _chunks bigint[] := array(
    select distinct e.uid / 8192 from entry e where e.mailbox = _mailbox);
begin
  if _flags = 0 or _chunks = '{}' then
    return;
  end if;
  delete from user_flags f
   using private_flag b
   where f.mailbox = _mailbox and f.flag = b.flag and b.bit & _flags <> 0;
  insert into user_flags (account, mailbox, flag, chunk, bits)
  select 0, _mailbox, b.flag, c.number,
         coalesce((select bit_or(set_bit(b'0'::bit(8192), (e.uid % 8192)::integer, 1))
                     from entry e
                    where e.mailbox = _mailbox
                      and e.uid >= c.number * 8192 and e.uid < (c.number + 1) * 8192
                      and e.flags & b.bit <> 0), b'0'::bit(8192))
    from private_flag b, unnest(_chunks) as c (number)
   where b.bit & _flags <> 0;
  insert into change (mailbox, modseq, kind, account, uids)
  select _mailbox, _modseq, 4 /* change: private */, 0,
         range_agg(int8range(greatest(c.number * 8192, 1), least((c.number + 1) * 8192, 4294967296)))
    from unnest(_chunks) as c (number);
end
$$;
