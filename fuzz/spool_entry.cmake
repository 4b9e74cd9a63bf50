tidegate_fuzz(spool_entry SOURCES spool_entry_fuzz.cpp DEPS archive_spool archive_core Boost::json)
