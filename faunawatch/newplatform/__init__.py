"""A first platform file, written from what a site's own pages offer.

`survey` fetches a few pages under the same rules as every crawl; the other modules only read them:
`links` (which addresses are listings'), `walks` (pager, search, categories, feeds), `carried` (JSON
within pages or answers), `marks` (selectors guessed from names), `tongues` (language, country,
currency); `drafting` puts it together and `writing` makes a TOML text that says what is a guess.
"""
