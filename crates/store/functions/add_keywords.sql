-- Gives numbers to new keywords as far as there is room: first those that were never given, then those of keywords that
-- nobody uses (`reuse_numbers`). The first ones have bits in `entry.flags`, the others do not (ADR 0055). The caller holds the mailbox's lock.
create or replace function add_keywords(_mailbox bigint, _names text[]) returns void
language plpgsql as $$
declare
  _new text[] := array(
    select w.name
      from (select distinct on (lower(name)) name, place
              from unnest(_names) with ordinality as a (name, place)
             order by lower(name), place) w
     where not exists (select from keyword k
                        where k.mailbox = _mailbox and lower(k.name) = lower(w.name))
     order by w.place);
  _given integer;
begin
  if _new = '{}' then
    return;
  end if;
  select count(*) into _given from keyword k where k.mailbox = _mailbox;
  insert into keyword (mailbox, number, name)
  select _mailbox, _given + n.place - 1, n.name
    from unnest(_new) with ordinality as n (name, place)
   where _given + n.place - 1 < 600 /* limits::KEYWORDS_PER_MAILBOX_MAX */;
  _new := _new[600 /* limits::KEYWORDS_PER_MAILBOX_MAX */ - _given + 1:];
  if _new <> '{}' then
    perform reuse_numbers(_mailbox, _new);
  end if;
end
$$;
