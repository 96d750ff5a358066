-- Makes these flags private and no others; returns the mailbox's mod-sequence afterwards. The caller holds
-- the mailbox's lock and has checked the rights.
create or replace function set_private_flags(_mailbox bigint, _private bigint) returns bigint
language plpgsql as $$
declare
  _before bigint;
  _modseq bigint;
begin
  select n.private_flags into _before from mailbox_name n where n.mailbox = _mailbox;
  if _before = _private then
    return (select m.modseq from mailbox m where m.id = _mailbox);
  end if;
  select t.modseq into _modseq from touch_mailboxes(array[_mailbox]) t;
  update mailbox_name n
     set private_flags = _private, policy_version = m.rights_version
    from mailbox m
   where n.mailbox = _mailbox and m.id = _mailbox;
  perform divide_flags(_mailbox, _modseq, _private & ~_before);
  perform unite_flags(_mailbox, _modseq, _before & ~_private);
  return _modseq;
end
$$;
