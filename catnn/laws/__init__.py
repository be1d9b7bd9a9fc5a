"""Laws: statements about morphisms, checked like them, and tested on numbers."""
