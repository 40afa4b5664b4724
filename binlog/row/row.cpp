namespace binferry {}
