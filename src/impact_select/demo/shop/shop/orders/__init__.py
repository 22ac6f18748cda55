"""What a customer has bought."""
