-- What is in the mailboxes of a root, as far as it is committed or done by this transaction. Removed mail counts as
-- far as it takes more room than the root's limit (ADR 0053).
create or replace function quota_usage(_root bigint, out bytes numeric, out messages numeric, out mailboxes bigint)
language plpgsql volatile as $$
declare
  _removed numeric;
begin
  select coalesce(sum(m.byte_count), 0), coalesce(sum(m.message_count), 0), count(*), coalesce(sum(m.removed_bytes), 0)
    into bytes, messages, mailboxes, _removed
    from mailbox_name n
    join mailbox m on m.id = n.mailbox
   where n.quota_root = _root;
  bytes := bytes + (select coalesce(greatest(_removed + q.removed_bytes - q.storage_limit::numeric * 1024, 0), 0)
                      from quota_root q
                     where q.id = _root);
end
$$;
