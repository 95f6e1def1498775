"""What was found: records, the store, figures derived from them, tables, pictures, exports."""
