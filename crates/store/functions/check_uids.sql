-- Refuses when a mailbox has no more UIDs than were taken from `_first` on.
create or replace function check_uids(_first bigint, _count bigint) returns void
language plpgsql immutable as $$
begin
  if _first + _count > 4294967295 /* Uid::MAX */ then
    raise exception using errcode = 'PR041', message = 'the mailbox has no UID left';
  end if;
end
$$;
