-- Turns private flags of whole chunks of messages into their opposites, and logs that: `_bits` says of which. The caller knows
-- that they are not yet as wanted, and holds the mailbox's lock.
create or replace function turn_private(
  _mailbox bigint, _modseq bigint, _accounts bigint[], _flags integer[], _chunks integer[], _bits bit[]
) returns void
language plpgsql as $$
begin
  insert into user_flags as present (account, mailbox, flag, chunk, bits)
  select f.account, _mailbox, f.flag, f.chunk, f.bits
    from unnest(_accounts, _flags, _chunks, _bits) as f (account, flag, chunk, bits)
  on conflict (account, mailbox, flag, chunk) do update
     set bits = present.bits # excluded.bits;

  insert into change (mailbox, modseq, kind, account, uids)
  select _mailbox, _modseq, 4 /* change: private */, f.account, range_agg(uids_of_bits(f.chunk, f.bits))
    from (select f.account, f.chunk, bit_or(f.bits) as bits
            from unnest(_accounts, _chunks, _bits) as f (account, chunk, bits)
           group by f.account, f.chunk) f
   group by f.account;
end
$$;
