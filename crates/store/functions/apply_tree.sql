-- Does what `postroom apply` decided for one tree, step by step, all of it or nothing: that of the shared mailbox `_top`, or of an account.
-- Refuses with PR007 where the tree is no longer what `_version` stands for, and as what it calls. Only for site administrators. A
-- mailbox that holds mail goes where `_with_mail` says so. Kinds, with what `name`, `value` and `number` are: 'delete'; 'quota' (what is
-- recorded, three limits or -); 'make' (special use); 'use' (special use); 'own', 'inherit' (of lists); 'entry' (identifier, what is
-- recorded, rights); 'policy' (private flags); 'address' and 'no_address' (spelling, folded): anyone may post where one is new in the
-- tree of an account. Returns what to wake.
create or replace function apply_tree(
  _actor actor, _create create_permit, _owner bigint, _top text, _version text, _separator text, _with_mail boolean,
  _kinds text[], _paths text[], _names text[], _values text[], _numbers bigint[]
) returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  _mailbox   bigint;
  _step      record;
  _mailboxes bigint[];
begin
  perform change_many();
  perform lock_logins(array[_actor]);
  perform check_logins(array[_actor]);
  perform lock_tree(_owner);
  -- Everything that the steps lock, in the order of locks.
  _mailboxes := array(select n.mailbox
                        from mailbox_name n
                       where n.owner = _owner
                         and (n.path = _top or n.path >= _top || '/' and n.path < _top || '0')
                       order by 1);
  perform hold_names(names_in_lists(_mailboxes)
                     || array(select ltrim(s.name, '-') from unnest(_kinds, _names) as s (kind, name) where s.kind = 'entry'));
  perform lock_mailboxes(_mailboxes);
  if tree_version(_owner, _top) <> _version then
    raise exception using errcode = 'PR007', message = 'the tree was changed meanwhile';
  end if;
  if (select a.is_admin and not a.is_disabled from account a where a.id = _actor.account) is not true then
    raise exception using errcode = 'PR002', message = 'only for site administrators', detail = '1';
  end if;

  for _step in
    select s.kind, s.path, s.name, s.value, s.number
      from unnest(_kinds, _paths, _names, _values, _numbers) with ordinality as s (kind, path, name, value, number, place)
     order by s.place
  loop
    select n.mailbox into _mailbox from mailbox_name n where n.owner = _owner and n.path = _step.path;
    case _step.kind
      when 'delete' then
        if not _with_mail and exists (select from entry e where e.mailbox = _mailbox) then
          raise exception using errcode = 'PR007', message = 'a letter has come to it meanwhile';
        end if;
        return query select _mailbox, d from delete_mailbox(_actor, administering(_mailbox)) d;
      when 'quota' then
        perform set_quota(_actor, case when _owner = 0 then 'shared/' || _step.path
                                       else 'user/' || (select a.name from account a where a.id = _owner) end,
                          _owner, _step.path,
                          nullif(split_part(_step.value, ' ', 1), '-')::bigint,
                          nullif(split_part(_step.value, ' ', 2), '-')::bigint,
                          nullif(split_part(_step.value, ' ', 3), '-')::bigint, _step.name);
      when 'make' then
        _mailbox := make_mailbox(_actor, _create, _owner, _step.path, _step.name);
        -- Whoever makes it is not of it.
        delete from acl_entry e where e.mailbox = _mailbox;
        insert into activity (kind, session, account, mailbox, owner, path, detail)
        values (6 /* activity: create */, _actor.session, _actor.account, _mailbox, _owner, _step.path, _step.name);
      when 'use' then
        update mailbox_name n set special_use = _step.name where n.mailbox = _mailbox;
        perform log_step(_actor, (10 /* activity: metadata */)::smallint, _mailbox, '/private/specialuse');
      when 'own' then
        perform own_list(_mailbox);
        perform note_entry(_actor.account, _mailbox, e.identifier, e.is_negative, e.rights & 1 /* rights: l */ <> 0, false)
           from acl_entry e
          where e.mailbox = _mailbox;
        delete from acl_entry e where e.mailbox = _mailbox;
        return query
          select t.mailbox, t.modseq
            from mailbox_name n
           cross join lateral touch_mailboxes(below_by_list(n.owner, n.path, n.mailbox)) t
           where n.mailbox = _mailbox;
        perform log_step(_actor, (9 /* activity: rights */)::smallint, _mailbox, 'a list of its own');
      when 'inherit' then
        return query select t.mailbox, t.modseq from touch_mailboxes(inherit_list(_mailbox)) t;
        perform log_step(_actor, (9 /* activity: rights */)::smallint, _mailbox, 'the list of the mailbox above');
      when 'entry' then
        return query
          select c.mailbox, c.modseq
            from change_list(_actor, administering(_mailbox), ltrim(_step.name, '-'), starts_with(_step.name, '-'), 0::smallint,
                             _step.number::smallint, _step.value) c;
      when 'policy' then
        return query
          select _mailbox, set_private_flags(_mailbox, private_flag_bits(_mailbox, string_to_array(_step.name, ' ')));
        perform log_step(_actor, (10 /* activity: metadata */)::smallint, _mailbox, '/shared/vendor/postroom/flags/private');
      when 'address' then
        return query
          select a.mailbox, a.modseq
            from add_address(_actor, nullif(substring(_step.value from '^(.*)@'), ''), substring(_step.value from '@([^@]*)$'),
                             _step.name, administering(_mailbox), null, null, null, _separator, _owner <> 0) a;
      when 'no_address' then
        perform remove_address(_actor, nullif(substring(_step.value from '^(.*)@'), ''), substring(_step.value from '@([^@]*)$'),
                               _mailbox, null, null);
    end case;
  end loop;
end
$$;
