-- The mailboxes of a team that have messages with one of these Message-IDs, for the team's Sent; empty for any other mailbox.
create or replace function answered_in_tree(_mailbox bigint, _message_ids bigint[]) returns bigint[]
language sql stable as $$
  select array(
    select distinct e.mailbox
      from (select split_part(n.path, '/', 1) as top
              from mailbox_name n
             where n.mailbox = _mailbox
               and n.owner = 0
               and n.special_use = '\Sent') tree
      join content c on c.message_id = any (_message_ids)
      join entry e on e.content = c.id
      join mailbox_name n on n.mailbox = e.mailbox
     where n.owner = 0
       and (n.path = tree.top or n.path > tree.top || '/' and n.path < tree.top || '0')
       and n.special_use is distinct from '\Sent'
       and n.special_use is distinct from '\Drafts'
     limit 100 /* limits::ANSWERED_MESSAGES_MAX */)
$$;
