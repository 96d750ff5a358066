"""What a server tells of a message, as fields that can be compared one by one."""

ENVELOPE = "date subject from sender reply-to to cc bcc in-reply-to message-id".split()
SINGLE = "type subtype parameters id description encoding size".split()
EXTENSION = "md5 disposition language location".split()


def envelope(told):
    """By field; case and white space count."""
    return dict(zip(ENVELOPE, told))


def body_structure(told, number=""):
    """By part and field, such as `1.2 encoding`. What has no case is in capitals."""
    if isinstance(told[0], list):
        return multipart(told, number)
    here = number or "1"
    fields = dict(zip(SINGLE, told))
    for name in ("type", "subtype", "encoding"):
        fields[name] = upper(fields[name])
    fields["parameters"] = parameters(fields["parameters"])
    rest = told[len(SINGLE) :]
    described = {}
    kind = (fields["type"], fields["subtype"])
    if kind == (b"MESSAGE", b"RFC822") and len(rest) > 1 and isinstance(rest[1], list):
        inner, body, fields["lines"] = rest[:3]
        rest = rest[3:]
        described.update({f"{here} enclosed {key}": value for key, value in envelope(inner).items()})
        is_multipart = isinstance(body[0], list)
        described.update(body_structure(body, here if is_multipart else f"{here}.1"))
    elif fields["type"] == b"TEXT":
        fields["lines"] = rest[0] if rest else None
        rest = rest[1:]
    fields.update(extension(rest))
    described.update({f"{here} {key}": value for key, value in fields.items()})
    return described


def multipart(told, number):
    """Its parts come first, as lists; what follows is about it."""
    count = next((at for at, part in enumerate(told) if not isinstance(part, list)), len(told))
    described = {f"{number or 'whole'} parts": count}
    for at, part in enumerate(told[:count], 1):
        described.update(body_structure(part, f"{number}.{at}" if number else str(at)))
    rest = told[count:]
    fields = {"subtype": upper(rest[0]), "parameters": parameters(rest[1] if len(rest) > 1 else None)}
    fields.update(extension([None, *rest[2:]]))
    described.update({f"{number or 'whole'} {key}": value for key, value in fields.items()})
    return described


def extension(told):
    """What BODYSTRUCTURE has beyond BODY; a server may leave out what is NIL."""
    fields = dict(zip(EXTENSION, [*told, None, None, None, None]))
    disposition = fields["disposition"]
    if isinstance(disposition, list):
        fields["disposition"] = [upper(disposition[0]), parameters(disposition[1])]
    language = fields["language"]
    if isinstance(language, bytes):
        fields["language"] = [language]
    return fields


def parameters(told):
    """By name in capitals; none at all is None."""
    if not isinstance(told, list):
        return None
    return {upper(name): value for name, value in zip(told[::2], told[1::2])}


def upper(word):
    return word.upper() if isinstance(word, bytes) else word


def leaves(described):
    """The numbers of parts that have no parts, with what they are."""
    return {
        key.removesuffix(" type"): (value, described.get(key.removesuffix("type") + "subtype"))
        for key, value in described.items()
        if key.endswith(" type")
    }
