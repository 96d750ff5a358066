-- Forgets what one mailbox logged before a moment.
create or replace function trim_changes(_mailbox bigint, _before timestamptz) returns void
language plpgsql as $$
declare
  _floor bigint;
begin
  perform m.id from mailbox m where m.id = _mailbox for no key update;
  select max(c.modseq)
    into _floor
    from change c
   where c.mailbox = _mailbox and c.at < _before;
  delete from change c where c.mailbox = _mailbox and c.modseq <= _floor;
  update mailbox m
     set log_floor = greatest(m.log_floor, _floor)
   where m.id = _mailbox;
end
$$;
