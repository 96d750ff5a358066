-- Gives numbers to keywords that the mailbox has not seen, as far as there is room, and returns all keywords that it has,
-- in the order of their numbers.
create or replace function number_keywords(_actor actor, _permit permit, _names text[]) returns text[]
language plpgsql as $$
begin
  perform lock_logins(array[_actor]);
  perform lock_mailbox(_permit.mailbox, array[_actor], array[_permit]);
  perform add_keywords(_permit.mailbox, _names);
  return array(select k.name from keyword k where k.mailbox = _permit.mailbox order by k.number);
end
$$;
