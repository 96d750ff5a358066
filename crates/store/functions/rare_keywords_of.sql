-- The numbers of a message's keywords without a bit (ADR 0055); null where its flags say that there are none. A call
-- takes longer than to move a row, so that whoever moves many looks at the flags first.
create or replace function rare_keywords_of(_mailbox bigint, _uid bigint, _flags bigint) returns smallint[]
language sql stable as $$
  select case when _flags & 32 /* flag: rare */ <> 0
              then (select k.numbers from entry_keyword k where k.mailbox = _mailbox and k.uid = _uid)
         end
$$;
