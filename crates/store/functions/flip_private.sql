-- Turns one private flag of each message into its opposite for one account, and logs that. The caller
-- knows that the bits are not yet as wanted, and holds the mailbox's lock.
create or replace function flip_private(
  _mailbox bigint, _modseq bigint, _accounts bigint[], _flags integer[], _uids bigint[]
) returns void
language plpgsql as $$
#variable_conflict use_column
begin
  insert into user_flags as present (account, mailbox, flag, chunk, bits)
  select f.account, _mailbox, f.flag, f.uid / 8192,
         bit_xor(set_bit(b'0'::bit(8192), (f.uid % 8192)::integer, 1))
    from unnest(_accounts, _flags, _uids) as f (account, flag, uid)
   group by f.account, f.flag, f.uid / 8192
  on conflict (account, mailbox, flag, chunk) do update
     set bits = present.bits # excluded.bits;

  insert into change (mailbox, modseq, kind, account, uids)
  select _mailbox, _modseq, 4 /* change: private */, f.account, range_agg(int8range(f.uid, f.uid, '[]'))
    from unnest(_accounts, _uids) as f (account, uid)
   group by f.account;
end
$$;
