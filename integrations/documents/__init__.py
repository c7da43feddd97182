"""Tables that people make: read with bounds, written so that a spreadsheet takes nothing for a formula."""
