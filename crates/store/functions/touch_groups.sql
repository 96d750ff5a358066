-- Makes sessions of whoever reaches a mailbox through these groups ask anew. Returns what to wake them with.
create or replace function touch_groups(_groups bigint[]) returns table (mailbox bigint, modseq bigint)
language sql as $$
  select t.mailbox, t.modseq
    from touch_mailboxes(array(
           select distinct n.mailbox
             from user_group g
             join acl_entry e on e.identifier = 'group:' || g.name
             join mailbox_name n on n.list_of = e.mailbox
            where g.id = any (_groups))) t
$$;
