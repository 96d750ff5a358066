-- Gives numbers to new keywords as far as there is room. The caller holds the mailbox's lock.
create or replace function add_keywords(_mailbox bigint, _names text[]) returns void
language sql as $$
  insert into keyword (mailbox, number, name)
  select _mailbox, n.number, n.name
    from (select w.name,
                 (select count(*) from keyword k where k.mailbox = _mailbox)
                 + row_number() over (order by w.place) - 1 as number
            from (select distinct on (lower(name)) name, place
                    from unnest(_names) with ordinality as a (name, place)
                   order by lower(name), place) w
           where not exists (select from keyword k
                              where k.mailbox = _mailbox and lower(k.name) = lower(w.name))) n
   where n.number < 57 /* limits::KEYWORDS_PER_MAILBOX_MAX */
$$;
