-- The mailboxes of a team that have messages with one of these Message-IDs, for the team's Sent; empty for any other mailbox.
-- Step by step, so that most mailboxes end at the first.
create or replace function answered_in_tree(_mailbox bigint, _message_ids bigint[]) returns bigint[]
language plpgsql stable as $$
declare
  _top      text;
  _contents bigint[];
begin
  select split_part(n.path, '/', 1)
    into _top
    from mailbox_name n
   where n.mailbox = _mailbox
     and n.owner = 0
     and n.special_use = '\Sent';
  if not found then
    return '{}';
  end if;
  _contents := array(select c.id from content c where c.message_id = any (_message_ids));
  if _contents = '{}' then
    return '{}';
  end if;
  return array(
    select distinct e.mailbox
      from entry e
      join mailbox_name n on n.mailbox = e.mailbox
     where e.content = any (_contents)
       and n.owner = 0
       and (n.path = _top or n.path > _top || '/' and n.path < _top || '0')
       and n.special_use is distinct from '\Sent'
       and n.special_use is distinct from '\Drafts'
     limit 100 /* limits::ANSWERED_MESSAGES_MAX */);
end
$$;
