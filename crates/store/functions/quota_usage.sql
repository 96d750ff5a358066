-- What is in the mailboxes of a root, as far as it is committed or done by this transaction.
create or replace function quota_usage(_root bigint, out bytes numeric, out messages numeric, out mailboxes bigint)
language plpgsql volatile as $$
begin
  select coalesce(sum(m.byte_count), 0), coalesce(sum(m.message_count), 0), count(*)
    into bytes, messages, mailboxes
    from mailbox_name n
    join mailbox m on m.id = n.mailbox
   where n.quota_root = _root;
end
$$;
