"""Every record of the store, so that one import registers all tables."""

from data import (
    alike,
    audit,
    crawls,
    custody,
    draws,
    flags,
    home,
    jobs,
    listings,
    people,
    pictures,
    reviews,
    sellers,
    takedowns,
    terms_of_use,
    watches,
)

ALL_RECORDS = (
    home.Home,
    watches.Watch,
    terms_of_use.TermsReading,
    crawls.Crawl,
    sellers.Seller,
    listings.Listing,
    flags.Flag,
    alike.Likeness,
    draws.Draw,
    people.Person,
    reviews.ReviewTask,
    takedowns.TakedownRequest,
    audit.AuditRow,
    custody.CaseExport,
    pictures.Picture,
    jobs.Job,
)
