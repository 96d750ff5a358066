-- Gives numbers to keywords that the mailbox does not have, as far as there is room (`add_keywords`). Returns all keywords
-- that it has, in the order of their numbers, and its mod-sequence where numbers have other names now, to wake with.
create or replace function name_keywords(
  _actor actor, _permit permit, _names text[],
  out names text[], out modseq bigint
)
language plpgsql as $$
#variable_conflict use_column
declare
  _before bigint;
begin
  perform lock_logins(array[_actor]);
  select l.modseq
    into _before
    from lock_mailbox(_permit.mailbox, array[_actor], array[_permit]) l;
  perform add_keywords(_permit.mailbox, _names);
  names := array(select k.name from keyword k where k.mailbox = _permit.mailbox order by k.number);
  select m.modseq into modseq from mailbox m where m.id = _permit.mailbox and m.modseq <> _before;
end
$$;
