"""What every platform's room shares."""
