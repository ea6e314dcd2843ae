import { zstd } from '../../../lib/index.ts'
import { testProduct } from './product.ts'

testProduct('as zstd', zstd)
