-- Forgets the older half of what a mailbox logged where it logged more than `_max` writes, and who changed flags
-- there, but for the last `_max` times.
create or replace function cap_changes(_mailbox bigint, _max bigint) returns void
language plpgsql as $$
declare
  _floor bigint;
begin
  select m.modseq - _max / 2
    into _floor
    from mailbox m
   where m.id = _mailbox and m.modseq - m.log_floor > _max
     for no key update;
  if not found then
    return;
  end if;
  delete from change c where c.mailbox = _mailbox and c.modseq <= _floor;
  update mailbox m set log_floor = greatest(m.log_floor, _floor) where m.id = _mailbox;
  delete from activity a
   where a.mailbox = _mailbox
     and a.kind = 2 /* activity: flags */
     and a.at < (select k.at
                   from activity k
                  where k.mailbox = _mailbox and k.kind = 2 /* activity: flags */
                  order by k.at desc
                 offset _max
                  limit 1);
end
$$;
